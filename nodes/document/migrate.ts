import type { Catalogue } from '../core/catalogue.ts';
import { messageOf } from '../core/errors.ts';
import type { NodeBehaviour, NodeDeclaration } from '../core/node.ts';
import type { Problem } from './problem.ts';
import type { Document, DocumentNode } from './schema.ts';
import { definitionIdOf, instanceDefinition } from './subgraph-types.ts';

/** Brings a document from version `to - 1` to `to`. */
interface DocumentMigration {
  readonly to: number;
  readonly up: (document: Record<string, unknown>) => Record<string, unknown>;
}

/** Every step since the first released format, in order. */
const documentMigrations: readonly DocumentMigration[] = [];

/** Lifts a document of any known version to the current one. */
export function migrateDocument(document: Record<string, unknown>): Record<string, unknown> {
  return documentMigrations
    .filter((migration) => migration.to > (document.version as number))
    .reduce((current, { to, up }) => ({ ...up(current), version: to }), document);
}

/**
 * Lifts one node's inputs to the version of its type in the catalogue. A node of an unknown type
 * or from a newer Kronode is left untouched and reported.
 */
export function migrateNode(
  id: string,
  node: DocumentNode,
  catalogue: Catalogue<NodeDeclaration & NodeBehaviour>,
  document: Document,
): { readonly node: DocumentNode; readonly problems: readonly Problem[] } {
  const subgraph = definitionIdOf(node);
  if (subgraph !== undefined)
    return { node, problems: instanceDefinition(document, node) ? [] : [lostSubgraph(id, subgraph)] };
  const definition = catalogue.get(node.type);
  if (!definition)
    return {
      node,
      problems: [
        {
          severity: 'error',
          node: id,
          message: `There is no node type “${node.type}”.`,
          hint: 'Its values and wires are kept. Update Kronode, or replace the node.',
        },
      ],
    };
  if (node.version > definition.version)
    return {
      node,
      problems: [
        {
          severity: 'error',
          node: id,
          message: `“${definition.title}” was saved by a newer Kronode (version ${node.version} of the node, this one has ${definition.version}).`,
          hint: 'Update Kronode to run it.',
        },
      ],
    };
  try {
    const inputs = (definition.migrations ?? [])
      .filter((migration) => migration.to > node.version)
      .reduce<Readonly<Record<string, unknown>>>((current, { up }) => up(current), node.inputs);
    return {
      node: { ...node, inputs: inputs as DocumentNode['inputs'], version: definition.version },
      problems: [],
    };
  } catch (error) {
    return {
      node,
      problems: [
        {
          severity: 'error',
          node: id,
          message: `The values of “${definition.title}” could not be brought to this version: ${messageOf(error)}.`,
          hint: 'They are kept as they were. Replace the node to run the workflow.',
        },
      ],
    };
  }
}

const lostSubgraph = (node: string, definition: string): Problem => ({
  severity: 'error',
  node,
  message: `The subgraph “${definition}” is not in this workflow.`,
  hint: 'Its values and wires are kept. Paste the subgraph from the workflow it came from, or remove the node.',
});
