import type { Draft } from 'immer';
import type { Catalogue } from '../../../nodes/core/catalogue.ts';
import type { NodeDeclaration } from '../../../nodes/core/node.ts';
import type { Document, DocumentNode, Endpoint } from '../../../nodes/document/schema.ts';
import { isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { canConnect } from '../../../nodes/graph/connect.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import { sourceOf } from '../../../nodes/graph/sources.ts';
import { type ItemKey, idsOf } from '../../state/item-key.ts';
import { newId } from '../../state/new-id.ts';
import type { Point } from '../canvas-handle.ts';

type DocumentDraft = Draft<Document>;

/** Puts a node of a kind on the canvas and returns its id. */
export function addNode(draft: DocumentDraft, { type, version }: NodeDeclaration, { x, y }: Point): string {
  const id = newId(type.split('.').at(-1)?.slice(0, 16) ?? 'n', draft.nodes);
  draft.nodes[id] = { type, version, at: [Math.round(x), Math.round(y)], inputs: {} };
  return id;
}

/** Joins two ends; the wire that was in the input goes. */
export function connect(draft: DocumentDraft, from: Endpoint, to: Endpoint): string {
  for (const [id, wire] of Object.entries(draft.wires))
    if (wire.to[0] === to[0] && wire.to[1] === to[1]) delete draft.wires[id];
  const id = newId('w', draft.wires);
  draft.wires[id] = { from: [...from], to: [...to] };
  return id;
}

/** A node that is not in the document yet, to ask what it could be wired to. */
export function withNode(document: Document, id: string, { type, version }: NodeDeclaration): Document {
  const node: DocumentNode = { type, version, at: [0, 0], inputs: {} };
  return { ...document, nodes: { ...document.nodes, [id]: node } };
}

/** The first end of `node` a loose wire may be joined to, as the pair of ends the wire then has. */
export function firstFit(
  document: Document,
  catalogue: Catalogue,
  end: Endpoint,
  side: 'output' | 'input',
  node: string,
): { readonly from: Endpoint; readonly to: Endpoint } | undefined {
  const declaration = catalogue.get(document.nodes[node]?.type ?? '');
  if (!declaration) return undefined;
  const names = Object.keys(side === 'output' ? declaration.inputs : declaration.outputs);
  const pairs = names.map((name): { from: Endpoint; to: Endpoint } =>
    side === 'output' ? { from: end, to: [node, name] } : { from: [node, name], to: end },
  );
  const fitting = pairs.filter(({ from, to }) => canConnect(document, catalogue, from, to).ok);
  // An input that is free is meant rather than one that would lose its wire.
  const index = indexDocument(document);
  return fitting.find(({ to }) => side === 'input' || !index.incoming(to[0], to[1])) ?? fitting[0];
}

/** Wires that join what fed the deleted nodes to what they fed, where the types allow it. */
function healingWires(
  document: Document,
  catalogue: Catalogue,
  deleted: ReadonlySet<string>,
): [Endpoint, Endpoint][] {
  const bypassed = Object.fromEntries(
    Object.entries(document.nodes).map(([id, node]) => [
      id,
      deleted.has(id) ? { ...node, mode: 'bypass' as const } : node,
    ]),
  );
  const through = { ...document, nodes: bypassed };
  const index = indexDocument(document);
  return [...deleted].flatMap((id) =>
    index.outgoingOf(id).flatMap(({ to }): [Endpoint, Endpoint][] => {
      if (deleted.has(to[0])) return [];
      const source = sourceOf(through, catalogue, to);
      return source.kind === 'output' && !deleted.has(source.from[0]) ? [[source.from, to]] : [];
    }),
  );
}

/** Takes things off the canvas. Wires through deleted nodes heal; wires into nowhere go. */
export function removeItems(
  draft: DocumentDraft,
  document: Document,
  catalogue: Catalogue,
  keys: Iterable<ItemKey>,
): void {
  const selected = [...keys];
  const nodes = new Set(
    idsOf(selected, 'node').filter((id) => !document.nodes[id]?.pinned && !isPortNode(id)),
  );
  const healed = healingWires(document, catalogue, nodes);
  for (const id of idsOf(selected, 'wire')) delete draft.wires[id];
  for (const id of idsOf(selected, 'frame')) delete draft.frames?.[id];
  for (const id of idsOf(selected, 'note')) delete draft.notes?.[id];
  for (const id of nodes) delete draft.nodes[id];
  for (const [id, { from, to }] of Object.entries(draft.wires))
    if (nodes.has(from[0]) || nodes.has(to[0])) delete draft.wires[id];
  for (const [from, to] of healed) connect(draft, from, to);
}

/** Puts a node into the middle of a wire when one of its inputs and one of its outputs fit; says whether it did. */
export function spliceInto(
  draft: DocumentDraft,
  document: Document,
  catalogue: Catalogue,
  node: string,
  wire: string,
): boolean {
  const splice = spliceOf(document, catalogue, node, wire);
  if (!splice) return false;
  delete draft.wires[wire];
  connect(draft, splice.from, splice.input);
  connect(draft, splice.output, splice.to);
  return true;
}

/** The two wires a splice would make, or undefined where it does not fit. */
export function spliceOf(
  document: Document,
  catalogue: Catalogue,
  node: string,
  wire: string,
):
  | { readonly from: Endpoint; readonly input: Endpoint; readonly output: Endpoint; readonly to: Endpoint }
  | undefined {
  const old = document.wires[wire];
  if (!old || old.from[0] === node || old.to[0] === node) return undefined;
  const index = indexDocument(document);
  if (index.incomingOf(node).length + index.outgoingOf(node).length > 0) return undefined;
  const { [wire]: _cut, ...wires } = document.wires;
  const cut = { ...document, wires };
  const first = firstFit(cut, catalogue, old.from, 'output', node);
  if (!first) return undefined;
  const half = { ...cut, wires: { ...cut.wires, 'splice-half': first } };
  const second = firstFit(half, catalogue, old.to, 'input', node);
  return second && { from: old.from, input: first.to, output: second.from, to: old.to };
}
