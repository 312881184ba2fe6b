import type { Document, Endpoint } from '../document/schema.ts';

export interface Link {
  readonly wire: string;
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** Wires of a document by node, so that walking a graph costs what it touches. */
export interface DocumentIndex {
  /** The one wire that feeds an input. */
  incoming(node: string, input: string): Link | undefined;
  incomingOf(node: string): readonly Link[];
  outgoingOf(node: string): readonly Link[];
}

const indexes = new WeakMap<Document['wires'], DocumentIndex>();
const none: readonly Link[] = [];

/** The index of a document's wires; documents are immutable, so it is built once for each state of them. */
export function indexDocument(document: Pick<Document, 'wires'>): DocumentIndex {
  const known = indexes.get(document.wires);
  if (known) return known;
  const incoming = new Map<string, Link[]>();
  const outgoing = new Map<string, Link[]>();
  const add = (map: Map<string, Link[]>, node: string, link: Link) => {
    const links = map.get(node);
    if (links) links.push(link);
    else map.set(node, [link]);
  };
  for (const [wire, { from, to }] of Object.entries(document.wires)) {
    const link = { wire, from, to };
    add(incoming, to[0], link);
    add(outgoing, from[0], link);
  }
  const index: DocumentIndex = {
    incoming: (node, input) => incoming.get(node)?.find((link) => link.to[1] === input),
    incomingOf: (node) => incoming.get(node) ?? none,
    outgoingOf: (node) => outgoing.get(node) ?? none,
  };
  indexes.set(document.wires, index);
  return index;
}
