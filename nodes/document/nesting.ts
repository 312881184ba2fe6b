import { UserError } from '../core/errors.ts';
import { own } from '../core/own.ts';
import { type Document, LIMITS } from './schema.ts';
import { definitionIdOf } from './subgraph-types.ts';

/** How much a graph unfolds to when every instance is replaced by what it stands for. */
interface Unfolded {
  readonly nodes: number;
  readonly wires: number;
  readonly depth: number;
}

type Graph = Pick<Document, 'nodes' | 'wires'>;

/** Ids of the definitions that a graph has instances of, one for each instance. */
const instancesIn = ({ nodes }: Graph): string[] =>
  Object.values(nodes).flatMap((node) => definitionIdOf(node) ?? []);

/**
 * Makes sure that the subgraphs of a document end and unfold to something of reasonable size: a small
 * file may otherwise stand for more nodes than there are atoms. Sizes are added up, nothing is unfolded.
 * @throws UserError in one sentence.
 */
export function checkNesting(document: Document): void {
  const { definitions = {} } = document;
  const known = new Map<string, Unfolded>();
  const open = new Set<string>();

  const titleOf = (id: string) => own(definitions, id)?.title.slice(0, 60) ?? id;
  const measure = (graph: Graph): Unfolded => {
    let nodes = Object.keys(graph.nodes).length;
    let wires = Object.keys(graph.wires).length;
    let depth = 0;
    for (const id of instancesIn(graph)) {
      const inner = measureDefinition(id);
      nodes += inner.nodes;
      wires += inner.wires;
      depth = Math.max(depth, inner.depth + 1);
    }
    if (nodes > LIMITS.nodes || wires > LIMITS.wires)
      throw new UserError(
        `The subgraphs of this workflow unfold to more than ${LIMITS.nodes} nodes or ${LIMITS.wires} wires.`,
        { hint: 'Use fewer instances of subgraphs inside each other.' },
      );
    if (depth > LIMITS.nesting)
      throw new UserError(`Subgraphs are nested more than ${LIMITS.nesting} deep.`, {
        hint: 'Unpack some of them.',
      });
    return { nodes, wires, depth };
  };
  const measureDefinition = (id: string): Unfolded => {
    const before = known.get(id);
    if (before) return before;
    if (open.has(id))
      throw new UserError(`The subgraph “${titleOf(id)}” contains itself.`, {
        hint: 'Remove the instance inside it.',
      });
    // A chain longer than this is too deep whatever is at its end; it must not exhaust the stack.
    if (open.size > LIMITS.nesting)
      throw new UserError(`Subgraphs are nested more than ${LIMITS.nesting} deep.`, {
        hint: 'Unpack some of them.',
      });
    const definition = own(definitions, id);
    if (!definition) return { nodes: 0, wires: 0, depth: 0 };
    open.add(id);
    const unfolded = measure(definition);
    open.delete(id);
    known.set(id, unfolded);
    return unfolded;
  };

  measure(document);
  for (const id of Object.keys(definitions)) measureDefinition(id);
}
