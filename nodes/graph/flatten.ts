import { own } from '../core/own.ts';
import { checkNesting } from '../document/nesting.ts';
import type { Document, DocumentNode, Endpoint, Wire } from '../document/schema.ts';
import { INPUTS_NODE, instanceDefinition, OUTPUTS_NODE } from '../document/subgraph-types.ts';

type Json = DocumentNode['inputs'][string];
type Graph = Pick<Document, 'nodes' | 'wires'>;

/** Between the ids of an instance and of a node inside it; ids themselves cannot hold it. */
export const PATH_SEPARATOR = '/';

/** One end of a wire once unfolded: at a node, or at a port of an instance that was replaced. */
interface End {
  readonly node: string;
  readonly name: string;
  readonly port?: 'input' | 'output';
}

interface Sink {
  readonly wire: string;
  readonly source: End;
  readonly to: Endpoint;
}

// Neither ids nor the separator hold a space, so the text reads one way only.
const keyOf = ({ node, name, port }: End): string => `${port ?? ''} ${node} ${name}`;

/** Gathers what a document unfolds to: nodes under the path that leads to them, and who feeds whom. */
class Unfolding {
  readonly nodes: Record<string, DocumentNode> = {};
  readonly sinks: Sink[] = [];
  /** What feeds each port of an instance. */
  readonly #feeds = new Map<string, End>();
  readonly #instances = new Map<string, DocumentNode>();
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
    this.#unfold(document, '');
  }

  #unfold(graph: Graph, prefix: string): void {
    for (const [id, node] of Object.entries(graph.nodes)) {
      const path = prefix + id;
      const inner = unfolds(this.#document, node);
      if (!inner) {
        this.nodes[path] = node;
        continue;
      }
      this.#instances.set(path, node);
      this.#unfold(inner, path + PATH_SEPARATOR);
    }
    for (const [id, { from, to }] of Object.entries(graph.wires)) {
      const source = this.#endOf(from, prefix, 'output');
      const sink = this.#endOf(to, prefix, 'input');
      if (!source || !sink) continue;
      if (sink.port) this.#feeds.set(keyOf(sink), source);
      else this.sinks.push({ wire: prefix + id, source, to: [sink.node, sink.name] });
    }
  }

  /** Undefined for an end where nothing is. */
  #endOf([id, name]: Endpoint, prefix: string, side: 'input' | 'output'): End | undefined {
    // Inside, the node of the inputs is where the input of the instance comes out.
    if (prefix !== '' && (id === INPUTS_NODE || id === OUTPUTS_NODE))
      return { node: prefix.slice(0, -1), name, port: id === INPUTS_NODE ? 'input' : 'output' };
    const node = prefix + id;
    if (this.#instances.has(node)) return { node, name, port: side };
    return Object.hasOwn(this.nodes, node) ? { node, name } : undefined;
  }

  /** Follows a wire back through ports to the node that feeds it, or else to the value set on the way. */
  resolve(start: End): { readonly from?: Endpoint; readonly value?: Json } {
    const passed = new Set<string>();
    let value: Json | undefined;
    for (let end: End | undefined = start; end; ) {
      if (!end.port) return { from: [end.node, end.name] };
      const key = keyOf(end);
      // Instances that only feed each other pass nothing on.
      if (passed.has(key)) break;
      passed.add(key);
      // What is set further out counts.
      if (end.port === 'input') value = own(this.#instances.get(end.node)?.inputs ?? {}, end.name) ?? value;
      end = this.#feeds.get(key);
    }
    return value === undefined ? {} : { value };
  }
}

/** What an instance is replaced by. One that is switched off stays a node: what hangs on it is told so. */
const unfolds = (document: Document, node: DocumentNode) =>
  node.mode ? undefined : instanceDefinition(document, node);

const flattened = new WeakMap<Document, Document>();

/**
 * The document with every instance of a subgraph replaced by the nodes it stands for, which get the
 * ids `instance/node`; the same document when it has none. What a run computes, and the keys of what it
 * remembers, are those of the unfolded graph. Muted and bypassed instances stay as they are.
 * @throws UserError when a subgraph contains itself or all unfold to too much.
 */
export function flattenDocument(document: Document): Document {
  if (!Object.values(document.nodes).some((node) => unfolds(document, node))) return document;
  const known = flattened.get(document);
  if (known) return known;
  checkNesting(document);
  const unfolding = new Unfolding(document);
  const { nodes } = unfolding;
  const wires: Record<string, Wire> = {};
  for (const { wire, source, to } of unfolding.sinks) {
    const { from, value } = unfolding.resolve(source);
    const node = nodes[to[0]];
    if (from) wires[wire] = { from, to };
    else if (value !== undefined && node)
      nodes[to[0]] = { ...node, inputs: { ...node.inputs, [to[1]]: value } };
  }
  const flat: Document = { ...document, nodes, wires };
  flattened.set(document, flat);
  return flat;
}

/** Ids of the nodes that an instance was replaced by; just the node itself for any other. */
export function nodesOf(flat: Document, id: string): string[] {
  if (Object.hasOwn(flat.nodes, id)) return [id];
  return Object.keys(flat.nodes).filter((node) => node.startsWith(id + PATH_SEPARATOR));
}
