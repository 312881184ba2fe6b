import type { NodeBehaviour, NodeDeclaration } from './node.ts';

/** All kinds of node that exist, by type. Editors know their declarations; the engine also what they do. */
export type Catalogue<Node extends NodeDeclaration = NodeDeclaration> = ReadonlyMap<string, Node>;

/**
 * Collects node definitions and checks what their authors must keep to.
 * @throws Error (a defect of the node, not of a document) naming the node.
 */
export function createCatalogue<Node extends NodeDeclaration & NodeBehaviour>(
  definitions: readonly Node[],
): Catalogue<Node> {
  const catalogue = new Map<string, Node>();
  for (const definition of definitions) {
    const { type, version, migrations = [] } = definition;
    if (catalogue.has(type)) throw new Error(`Two nodes are called ${type}.`);
    const steps = migrations.map((migration) => migration.to);
    const expected = Array.from({ length: version - 1 }, (_, i) => i + 2);
    if (steps.join() !== expected.join())
      throw new Error(`${type} is at version ${version} but has migrations to [${steps.join(', ')}].`);
    for (const name of definition.lazy?.inputs ?? []) {
      if (!Object.hasOwn(definition.inputs, name))
        throw new Error(`${type} has no input ${name} to be lazy about.`);
    }
    catalogue.set(type, definition);
  }
  return catalogue;
}

/** A node's declaration without its functions: plain JSON for editors and for `kronode nodes --json`. */
export function declarationOf(
  definition: NodeDeclaration & NodeBehaviour & { run?: unknown; rehearse?: unknown },
): NodeDeclaration {
  const { run: _run, rehearse: _rehearse, migrations: _migrations, lazy: _lazy, ...declaration } = definition;
  return declaration;
}
