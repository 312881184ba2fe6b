import type { Catalogue } from '../core/catalogue.ts';
import { UserError } from '../core/errors.ts';
import type { Problem } from '../document/problem.ts';
import type { Document } from '../document/schema.ts';
import { indexDocument } from './document-index.ts';
import { flattenDocument, nodesOf } from './flatten.ts';
import { nodeOf, titleOf } from './lookup.ts';
import {
  draftNode,
  type NodeDraft,
  type PlannableNode,
  type PlannedNode,
  settleNode,
} from './planned-node.ts';
import { documentCatalogue } from './subgraph-declarations.ts';

export type { PlannedNode } from './planned-node.ts';

export interface Plan<Node extends PlannableNode = PlannableNode> {
  /** Everything the targets need, each after what feeds it. */
  readonly nodes: ReadonlyMap<string, PlannedNode<Node>>;
  readonly targets: readonly string[];
  /** The document with its subgraphs unfolded: the ids of the plan are those of this graph. */
  readonly graph: Document;
  /** Every kind of node in the graph, also the subgraphs that stayed because they are switched off. */
  readonly kinds: Catalogue;
  /** What keeps the plan from running, and warnings. */
  readonly problems: readonly Problem[];
}

/** Of the unfolded graph: every node that shows or writes something and is not switched off. */
const effectNodes = (document: Document, catalogue: Catalogue): string[] =>
  Object.entries(document.nodes)
    .filter(([, node]) => !node.mode && catalogue.get(node.type)?.effect)
    .map(([id]) => id);

/**
 * Works out what has to be there for `targets`, in which order, and what stands in the way.
 * Nodes that hang on a muted node are left out together with the targets that need them.
 */
export function planRun<Node extends PlannableNode>(
  document: Document,
  catalogue: Catalogue<Node>,
  targets?: readonly string[],
): Plan<Node> {
  const unfolded = unfold(document);
  if ('problem' in unfolded)
    return { nodes: new Map(), targets: [], graph: document, kinds: catalogue, problems: [unfolded.problem] };
  const { graph } = unfolded;
  const kinds = documentCatalogue(document, catalogue);
  const walk = new Walk(graph, catalogue, kinds);
  const wanted = [
    ...new Set(
      targets ? targets.flatMap((id) => targetsIn(graph, id, catalogue)) : effectNodes(graph, catalogue),
    ),
  ];
  for (const target of wanted) walk.visit(target);
  return {
    nodes: walk.planned,
    targets: wanted.filter((id) => walk.planned.has(id)),
    graph,
    kinds,
    problems: [...walk.problems, ...wanted.flatMap((id) => walk.leftOutTarget(id))],
  };
}

function unfold(document: Document): { readonly graph: Document } | { readonly problem: Problem } {
  try {
    return { graph: flattenDocument(document) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, hint } = error;
    return { problem: { severity: 'error', message, ...(hint !== undefined && { hint }) } };
  }
}

/**
 * What running one node means: itself, or, for an instance of a subgraph, what it shows and writes and
 * what nothing else in it feeds on.
 */
function targetsIn(graph: Document, id: string, catalogue: Catalogue): string[] {
  const inside = nodesOf(graph, id);
  if (inside.length < 2) return inside.length === 0 ? [id] : inside;
  const members = new Set(inside);
  const index = indexDocument(graph);
  return inside.filter((node) => {
    if (nodeOf(graph, node)?.mode) return false;
    const isEnd = !index.outgoingOf(node).some(({ to }) => members.has(to[0]));
    return isEnd || catalogue.get(nodeOf(graph, node)?.type ?? '')?.effect !== undefined;
  });
}

/** Nodes of a loop that its message names. */
const NAMED_IN_LOOP = 8;

interface Step<Node extends PlannableNode> {
  readonly draft: NodeDraft<Node>;
  nextFeed: number;
}

/** Depth first from the targets to what feeds them. */
class Walk<Node extends PlannableNode> {
  readonly planned = new Map<string, PlannedNode<Node>>();
  readonly problems: Problem[] = [];
  readonly #document: Document;
  readonly #catalogue: Catalogue<Node>;
  readonly #kinds: Catalogue;
  /** An explicit stack: a chain of thousands of nodes must not exhaust the call stack. */
  readonly #path: Step<Node>[] = [];
  /** Where on the path a node is. */
  readonly #open = new Map<string, number>();
  /** Nodes that take no part, and the muted or unknown node that is to blame. */
  readonly #leftOut = new Map<string, string>();

  constructor(document: Document, catalogue: Catalogue<Node>, kinds: Catalogue) {
    this.#document = document;
    this.#catalogue = catalogue;
    this.#kinds = kinds;
  }

  visit(target: string): void {
    this.#enter(target);
    for (let step = this.#path.at(-1); step; step = this.#path.at(-1)) {
      const feed = step.draft.feeds[step.nextFeed++];
      if (feed === undefined) this.#leave(step.draft);
      else this.#enter(feed);
    }
  }

  /** What to say about a target that takes no part. */
  leftOutTarget(id: string): Problem[] {
    const blame = this.#leftOut.get(id);
    const muted = blame === undefined ? undefined : nodeOf(this.#document, blame);
    if (blame === undefined || muted?.mode !== 'mute') return [];
    return [
      {
        severity: 'warning',
        node: id,
        message:
          blame === id
            ? `${this.#nameOf(id)} is muted.`
            : `${this.#nameOf(id)} is left out: it needs ${this.#nameOf(blame)}, which is muted.`,
        hint: `Switch ${this.#nameOf(blame)} on to run it.`,
      },
    ];
  }

  #enter(id: string): void {
    if (this.planned.has(id) || this.#leftOut.has(id)) return;
    const openedAt = this.#open.get(id);
    if (openedAt !== undefined) {
      this.#reportLoop(id, openedAt);
      return;
    }
    const node = nodeOf(this.#document, id);
    const draft =
      node?.mode === 'mute' ? undefined : draftNode(this.#document, this.#catalogue, this.#kinds, id);
    if (!draft) {
      this.#leftOut.set(id, id);
      if (node?.mode !== 'mute') this.#reportUnknown(id, node?.type);
      return;
    }
    this.#open.set(id, this.#path.length);
    this.#path.push({ draft, nextFeed: 0 });
  }

  #leave(draft: NodeDraft<Node>): void {
    this.#path.pop();
    this.#open.delete(draft.id);
    const settled = settleNode(this.#document, this.#kinds, draft, (feed) => this.#leftOut.get(feed));
    if ('leftOutBy' in settled) {
      this.#leftOut.set(draft.id, settled.leftOutBy);
      return;
    }
    this.planned.set(draft.id, settled.planned);
    this.problems.push(...settled.problems);
  }

  #nameOf(id: string): string {
    const node = nodeOf(this.#document, id);
    const definition = node && this.#kinds.get(node.type);
    return definition ? `“${titleOf(node, definition)}” (${id})` : id;
  }

  #reportUnknown(id: string, type: string | undefined): void {
    this.problems.push({
      severity: 'error',
      node: id,
      message: type === undefined ? `There is no node ${id}.` : `There is no node type “${type}”.`,
      hint:
        type === undefined
          ? 'Choose a node of this workflow.'
          : 'Update Kronode, replace the node, or mute it.',
    });
  }

  #reportLoop(id: string, openedAt: number): void {
    const loop = this.#path.slice(openedAt, openedAt + NAMED_IN_LOOP).map((step) => step.draft.id);
    // The path runs against the wires.
    const round = [id, ...loop.slice(1).reverse(), id];
    if (this.#path.length - openedAt > NAMED_IN_LOOP) round.splice(1, 0, '…');
    this.problems.push({
      severity: 'error',
      node: id,
      message: `These nodes feed each other in a loop: ${round.join(' → ')}.`,
      hint: 'Remove one of the wires between them.',
    });
  }
}
