import { own } from '../core/own.ts';
import type { Definition, Document, DocumentNode } from './schema.ts';

const PREFIX = 'subgraph:';

/** Type of the instances of a definition. */
export const subgraphType = (definition: string): string => `${PREFIX}${definition}`;

/** Id of the definition a node is an instance of; undefined for any other node. */
export const definitionIdOf = ({ type }: Pick<DocumentNode, 'type'>): string | undefined =>
  type.startsWith(PREFIX) ? type.slice(PREFIX.length) : undefined;

/** The definition a node is an instance of, where the document has it. */
export function instanceDefinition(
  document: Pick<Document, 'definitions'>,
  node: DocumentNode,
): Definition | undefined {
  const id = definitionIdOf(node);
  return id === undefined ? undefined : own(document.definitions ?? {}, id);
}

/** Inside a definition, wires from its inputs start at this node and wires to its outputs end at that one. */
export const INPUTS_NODE = 'subgraph-inputs';
export const OUTPUTS_NODE = 'subgraph-outputs';
/** Types of these two where a definition is shown as a graph of its own. */
export const INPUTS_TYPE = 'subgraph.inputs';
export const OUTPUTS_TYPE = 'subgraph.outputs';

export const isPortNode = (id: string): boolean => id === INPUTS_NODE || id === OUTPUTS_NODE;
