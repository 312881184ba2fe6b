import type { NodeHandle } from 'reactflow';
import type { Catalogue } from '../../../nodes/core/catalogue.ts';
import type { Document, DocumentNode } from '../../../nodes/document/schema.ts';
import { INPUTS_NODE, instanceDefinition, isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import type { Size } from '../canvas-handle.ts';

/** How large a node is drawn and where on it its sockets are, in pixels of the document. */
export interface NodeShape extends Size {
  readonly handles: readonly NodeHandle[];
}

/** From here on a graph is drawn with shells: opening it would take longer than people wait. */
const SHELLS_FROM = 200;
/** Kinds of node that are measured: all those are drawn once more than needed. */
const MOST_MEASURED = 100;

/**
 * What the shape of a node depends on, as a text: nodes with the same one are drawn with the same size
 * and sockets. Undefined where more than the node itself decides.
 */
function likeness(
  graph: Document,
  catalogue: Catalogue,
  isUnfolded: (id: string) => boolean,
  id: string,
  node: DocumentNode,
): string | undefined {
  if (!catalogue.get(node.type) || isPortNode(id) || instanceDefinition(graph, node)) return undefined;
  const index = indexDocument(graph);
  // Numbers and switches take the same room whatever they say.
  const texts = Object.entries(node.inputs).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'object',
  );
  const incoming = index.incomingOf(id).map(({ from, to }) => [to[1], from[0] === INPUTS_NODE]);
  const outgoing = node.collapsed ? index.outgoingOf(id).map(({ from }) => from[1]) : [];
  return JSON.stringify([
    node.type,
    node.collapsed ?? false,
    isUnfolded(id),
    incoming.sort(),
    [...new Set(outgoing)].sort(),
    texts.sort(),
  ]);
}

interface Known {
  readonly node: DocumentNode;
  readonly likeness: string | undefined;
}

/**
 * The shapes of nodes that need not be drawn to be measured, because another one like them was.
 * @param isUnfolded whether a node's advanced rows are shown
 */
export class NodeShapes {
  readonly #catalogue: Catalogue;
  readonly #isUnfolded: (id: string) => boolean;
  readonly #shapes = new Map<string, NodeShape>();
  #wires: Document['wires'] | undefined;
  #known = new Map<string, Known>();

  constructor(catalogue: Catalogue, isUnfolded: (id: string) => boolean) {
    this.#catalogue = catalogue;
    this.#isUnfolded = isUnfolded;
  }

  get isEmpty(): boolean {
    return this.#shapes.size === 0;
  }

  of(graph: Document, id: string): NodeShape | undefined {
    if (this.isEmpty) return undefined;
    const like = this.#likenessOf(graph, id);
    return like === undefined ? undefined : this.#shapes.get(like);
  }

  /**
   * Nodes to measure, one for all that are like it, of the most common kinds; none for a graph that is drawn
   * whole at once.
   */
  toMeasure(graph: Document): readonly string[] {
    const ids = Object.keys(graph.nodes);
    if (ids.length < SHELLS_FROM) return [];
    const kinds = new Map<string, { readonly first: string; count: number }>();
    for (const id of ids) {
      const like = this.#likenessOf(graph, id);
      if (like === undefined) continue;
      const kind = kinds.get(like) ?? { first: id, count: 0 };
      kind.count++;
      kinds.set(like, kind);
    }
    return [...kinds.values()]
      .filter(({ count }) => count > 1)
      .sort((a, b) => b.count - a.count)
      .slice(0, MOST_MEASURED)
      .map(({ first }) => first);
  }

  /** Takes the shape of a node for all that are like it. */
  learn(graph: Document, id: string, shape: NodeShape): void {
    const like = this.#likenessOf(graph, id);
    if (like !== undefined) this.#shapes.set(like, shape);
  }

  #likenessOf(graph: Document, id: string): string | undefined {
    const node = graph.nodes[id];
    if (!node) return undefined;
    if (this.#wires !== graph.wires) {
      this.#wires = graph.wires;
      this.#known = new Map();
    }
    const known = this.#known.get(id);
    if (known?.node === node) return known.likeness;
    const like = likeness(graph, this.#catalogue, this.#isUnfolded, id, node);
    this.#known.set(id, { node, likeness: like });
    return like;
  }
}
