import { own } from '../core/own.ts';
import type { Definition, Document, DocumentNode } from '../document/schema.ts';
import {
  definitionIdOf,
  INPUTS_NODE,
  INPUTS_TYPE,
  OUTPUTS_NODE,
  OUTPUTS_TYPE,
} from '../document/subgraph-types.ts';

const portNodes = new WeakMap<Definition['inputs'], DocumentNode>();

/** The node that stands for the inputs or outputs of a subgraph on its own canvas. */
function portNode(ports: Definition['inputs'], type: string): DocumentNode {
  const known = portNodes.get(ports);
  if (known) return known;
  const node: DocumentNode = { type, version: 1, at: ports.at, inputs: {} };
  portNodes.set(ports, node);
  return node;
}

interface View {
  readonly of: Document;
  readonly view: Document;
}
const views = new WeakMap<Definition, View>();

/**
 * The graph inside a definition as a document of its own, with two nodes more: one whose outputs are
 * the subgraph's inputs, one whose inputs are its outputs. Undefined when there is no such definition.
 */
export function graphInside(document: Document, id: string): Document | undefined {
  const definition = own(document.definitions ?? {}, id);
  if (!definition) return undefined;
  const known = views.get(definition);
  if (known && known.of.definitions === document.definitions && known.of.meta === document.meta)
    return known.view;
  const { frames, notes } = definition;
  const view: Document = {
    format: document.format,
    version: document.version,
    ...(document.meta && { meta: document.meta }),
    nodes: {
      [INPUTS_NODE]: portNode(definition.inputs, INPUTS_TYPE),
      [OUTPUTS_NODE]: portNode(definition.outputs, OUTPUTS_TYPE),
      ...definition.nodes,
    },
    wires: definition.wires,
    ...(frames && { frames }),
    ...(notes && { notes }),
    ...(document.definitions && { definitions: document.definitions }),
  };
  views.set(definition, { of: document, view });
  return view;
}

/** Writes a changed graph back into its definition; the same document when nothing changed. */
export function withGraphInside(document: Document, id: string, view: Document): Document {
  const before = own(document.definitions ?? {}, id);
  const definition = own(view.definitions ?? {}, id);
  if (!before || !definition) return document;
  const { [INPUTS_NODE]: inputs, [OUTPUTS_NODE]: outputs, ...nodes } = view.nodes;
  const after: Definition = {
    title: definition.title,
    ...(definition.description !== undefined && { description: definition.description }),
    inputs: movedTo(definition.inputs, inputs),
    outputs: movedTo(definition.outputs, outputs),
    nodes: sameEntries(nodes, before.nodes) ? before.nodes : nodes,
    wires: view.wires,
    ...(view.frames && { frames: view.frames }),
    ...(view.notes && { notes: view.notes }),
  };
  const same = sameEntries(after, before);
  if (same && view.definitions === document.definitions && view.meta === document.meta) return document;
  const definitions = { ...view.definitions, [id]: same ? before : after };
  return { ...document, ...(view.meta && { meta: view.meta }), definitions };
}

const movedTo = (ports: Definition['inputs'], node: DocumentNode | undefined): Definition['inputs'] =>
  !node || node.at === ports.at ? ports : { ...ports, at: node.at };

/** Do two records hold the very same values? */
function sameEntries(a: object, b: object): boolean {
  const entries = Object.entries(a);
  const others = b as Readonly<Record<string, unknown>>;
  return (
    entries.length === Object.keys(b).length &&
    entries.every(([name, value]) => Object.hasOwn(b, name) && others[name] === value)
  );
}

/** The definition that a way through instances (`['outer', 'inner']`) leads to; undefined when it leads nowhere. */
export function definitionAt(document: Document, path: readonly string[]): string | undefined {
  let graph: Pick<Document, 'nodes'> = document;
  let id: string | undefined;
  for (const step of path) {
    const node = own(graph.nodes, step);
    id = node && definitionIdOf(node);
    const definition = id === undefined ? undefined : own(document.definitions ?? {}, id);
    if (!definition) return undefined;
    graph = definition;
  }
  return id;
}
