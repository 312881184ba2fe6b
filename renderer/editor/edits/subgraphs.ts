import type { Draft } from 'immer';
import { own } from '../../../nodes/core/own.ts';
import type {
  Definition,
  Document,
  DocumentNode,
  Endpoint,
  Port,
  Wire,
} from '../../../nodes/document/schema.ts';
import {
  definitionIdOf,
  INPUTS_NODE,
  instanceDefinition,
  isPortNode,
  OUTPUTS_NODE,
  subgraphType,
} from '../../../nodes/document/subgraph-types.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import { type ItemKey, idsOf, itemKey } from '../../state/item-key.ts';
import { newId } from '../../state/new-id.ts';
import { NODE_WIDTH, type Point } from '../canvas-handle.ts';

type DocumentDraft = Draft<Document>;
type Things = Pick<Definition, 'nodes' | 'frames' | 'notes'>;

/** Room between the ports and what is packed. */
const PORT_GAP = 80;

/** A node outside the selection that a selected one feeds and that feeds a selected one: packing would close a loop. */
export function nodeBetween(document: Document, ids: ReadonlySet<string>): string | undefined {
  const index = indexDocument(document);
  for (const first of [...ids].flatMap((id) => index.outgoingOf(id).map(({ to }) => to[0]))) {
    if (ids.has(first)) continue;
    const pending = [first];
    const seen = new Set(pending);
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (ids.has(id)) return first;
      for (const { to } of index.outgoingOf(id)) {
        if (seen.has(to[0])) continue;
        seen.add(to[0]);
        pending.push(to[0]);
      }
    }
  }
  return undefined;
}

/** A name that is not taken: `strength`, `strength_2`, … */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let i = 2; ; i++) if (!taken.includes(`${name}_${i}`)) return `${name}_${i}`;
}

/** Ports made while packing: one for each end outside that wires come from, or inside that they leave from. */
class NewPorts {
  readonly ports: Port[] = [];
  readonly #byEnd = new Map<string, string>();

  /** The port of an end, and whether it is a new one. */
  of(end: Endpoint, name: string): { readonly port: string; readonly isNew: boolean } {
    const key = end.join(' ');
    const known = this.#byEnd.get(key);
    if (known !== undefined) return { port: known, isNew: false };
    const port = freeName(
      name,
      this.ports.map((other) => other.name),
    );
    this.ports.push({ name: port });
    this.#byEnd.set(key, port);
    return { port, isNew: true };
  }
}

const placesOf = ({ nodes, frames = {}, notes = {} }: Things): (readonly [number, number])[] =>
  [nodes, frames, notes]
    .flatMap((part) => Object.values<{ readonly at: [number, number] }>(part))
    .map(({ at }) => at);

/**
 * Where the node that stands for things goes: to the one of them that is nearest to their middle, since
 * nothing else lies there.
 */
function standIn(things: Things): Point {
  const places = placesOf(things);
  const middle = (values: readonly number[]) => (Math.min(...values) + Math.max(...values)) / 2;
  const [x, y] = [middle(places.map(([at]) => at)), middle(places.map(([, at]) => at))];
  const away = (place: readonly [number, number]) => Math.hypot(place[0] - x, place[1] - y);
  const [nearest] = places.toSorted((a, b) => away(a) - away(b));
  return { x: nearest?.[0] ?? 0, y: nearest?.[1] ?? 0 };
}

const pick = <T>(
  record: Readonly<Record<string, T>> | undefined,
  ids: readonly string[],
): Record<string, T> =>
  Object.fromEntries(
    ids.flatMap((id) => (record && Object.hasOwn(record, id) ? [[id, record[id] as T]] : [])),
  );

/**
 * Makes a subgraph of what is selected and puts an instance in its place; returns the instance's id,
 * or undefined when no node is selected. Wires across the border become ports: one for each outer
 * output they come from, one for each inner output they leave from.
 */
export function pack(
  draft: DocumentDraft,
  document: Document,
  keys: Iterable<ItemKey>,
  title: string,
): string | undefined {
  const selected = [...keys];
  const nodes = pick(
    document.nodes,
    idsOf(selected, 'node').filter((id) => !isPortNode(id)),
  );
  if (Object.keys(nodes).length === 0) return undefined;
  const frames = pick(document.frames, idsOf(selected, 'frame'));
  const notes = pick(document.notes, idsOf(selected, 'note'));
  const things: Things = { nodes, frames, notes };
  const instance = newId('subgraph', document.nodes);
  const inputs = new NewPorts();
  const outputs = new NewPorts();
  const inner: Record<string, Wire> = {};
  const isInside = (id: string) => Object.hasOwn(nodes, id);
  for (const [id, wire] of Object.entries(document.wires)) {
    const { from, to, bends } = wire;
    if (isInside(from[0]) && isInside(to[0])) {
      inner[id] = wire;
      delete draft.wires[id];
    } else if (isInside(to[0])) {
      const { port, isNew } = inputs.of(from, to[1]);
      inner[id] = { from: [INPUTS_NODE, port], to, ...(bends && { bends }) };
      if (isNew) draft.wires[id] = { from: [...from], to: [instance, port] };
      else delete draft.wires[id];
    } else if (isInside(from[0])) {
      const { port, isNew } = outputs.of(from, from[1]);
      if (isNew) inner[id] = { from, to: [OUTPUTS_NODE, port] };
      draft.wires[id] = {
        from: [instance, port],
        to: [...to],
        ...(bends && { bends: structuredClone(bends) }),
      };
    }
  }
  const { x, y } = standIn(things);
  const left = Math.min(...Object.values(nodes).map(({ at }) => at[0]));
  const top = Math.min(...Object.values(nodes).map(({ at }) => at[1]));
  const right = Math.max(...Object.values(nodes).map(({ at, size }) => at[0] + (size?.[0] ?? NODE_WIDTH)));
  const definition: Definition = {
    title,
    inputs: { at: [left - NODE_WIDTH - PORT_GAP, top], ports: inputs.ports },
    outputs: { at: [right + PORT_GAP, top], ports: outputs.ports },
    nodes,
    wires: inner,
    ...(Object.keys(frames).length > 0 && { frames }),
    ...(Object.keys(notes).length > 0 && { notes }),
  };
  for (const id of Object.keys(nodes)) delete draft.nodes[id];
  for (const id of Object.keys(frames)) delete draft.frames?.[id];
  for (const id of Object.keys(notes)) delete draft.notes?.[id];
  draft.definitions ??= {};
  const id = newId('sub', draft.definitions);
  draft.definitions[id] = structuredClone(definition) as Draft<Definition>;
  draft.nodes[instance] = { type: subgraphType(id), version: 1, at: [x, y], inputs: {} };
  return instance;
}

/** An id that may be used: the wished one where it is free. */
const freeId = (wished: string, taken: Readonly<Record<string, unknown>>): string =>
  Object.hasOwn(taken, wished) ? newId(wished.split('_')[0] || 'n', taken) : wished;

/**
 * Puts what is inside an instance in its place and returns what was put there; values set on the
 * instance go to the nodes they were for. Nothing happens for a node that is no instance.
 */
export function unpack(draft: DocumentDraft, document: Document, instance: string): ItemKey[] {
  const node = own(document.nodes, instance);
  const definition = node && instanceDefinition(document, node);
  if (!node || !definition) return [];
  const place = standIn(definition);
  const offset = { x: node.at[0] - place.x, y: node.at[1] - place.y };
  const moved = ([x, y]: readonly [number, number]): [number, number] => [x + offset.x, y + offset.y];
  const index = indexDocument(document);
  const feeds = new Map(index.incomingOf(instance).map(({ from, to }) => [to[1], from]));

  delete draft.nodes[instance];
  for (const { wire } of [...index.incomingOf(instance), ...index.outgoingOf(instance)])
    delete draft.wires[wire];

  const added: ItemKey[] = [];
  const ids = new Map<string, string>();
  for (const [id, inner] of Object.entries(definition.nodes)) {
    const fresh = freeId(id, draft.nodes);
    ids.set(id, fresh);
    const copy = structuredClone(inner) as Draft<DocumentNode>;
    draft.nodes[fresh] = {
      ...copy,
      at: moved(inner.at),
      ...(node.mode && !inner.mode && { mode: node.mode }),
    };
    added.push(itemKey('node', fresh));
  }
  const renamed = ([id, name]: Endpoint): Endpoint => [ids.get(id) ?? id, name];
  const sourceOf = (from: Endpoint): Endpoint | undefined =>
    from[0] === INPUTS_NODE ? feeds.get(from[1]) : renamed(from);
  const join = (id: string, from: Endpoint, to: Endpoint, bends?: Wire['bends']) => {
    draft.wires[freeId(id, draft.wires)] = { from: [...from], to: [...to], ...(bends && { bends }) };
  };
  const innerFeeds = new Map<string, Endpoint>();
  for (const [id, { from, to, bends }] of Object.entries(definition.wires)) {
    if (to[0] === OUTPUTS_NODE) {
      innerFeeds.set(to[1], from);
      continue;
    }
    const source = sourceOf(from);
    const value = source ? undefined : own(node.inputs, from[1]);
    const target = draft.nodes[ids.get(to[0]) ?? ''];
    if (source) join(id, source, renamed(to), bends?.map(moved));
    else if (target && value !== undefined) target.inputs[to[1]] = structuredClone(value);
  }
  for (const { wire, from, to } of index.outgoingOf(instance)) {
    const inside = innerFeeds.get(from[1]);
    const source = inside && sourceOf(inside);
    const bends = document.wires[wire]?.bends;
    if (source && source[0] !== instance && to[0] !== instance)
      join(wire, source, to, bends && structuredClone(bends));
  }
  for (const [id, frame] of Object.entries(definition.frames ?? {})) {
    draft.frames ??= {};
    const fresh = freeId(id, draft.frames);
    draft.frames[fresh] = { ...structuredClone(frame), at: moved(frame.at) };
    added.push(itemKey('frame', fresh));
  }
  for (const [id, note] of Object.entries(definition.notes ?? {})) {
    draft.notes ??= {};
    const fresh = freeId(id, draft.notes);
    draft.notes[fresh] = { ...structuredClone(note), at: moved(note.at) };
    added.push(itemKey('note', fresh));
  }
  return added;
}

/** Gives an instance a definition of its own, so that changing it changes no other. */
export function makeUnique(draft: DocumentDraft, document: Document, instance: string): void {
  const node = own(document.nodes, instance);
  const definition = node && instanceDefinition(document, node);
  const target = draft.nodes[instance];
  if (!definition || !target || !draft.definitions) return;
  const id = newId('sub', draft.definitions);
  draft.definitions[id] = structuredClone(definition) as Draft<Definition>;
  target.type = subgraphType(id);
}

/** How many instances of a definition there are, in the document and in its subgraphs. */
export const instanceCount = (document: Document, definition: string): number =>
  [document, ...Object.values(document.definitions ?? {})]
    .flatMap(({ nodes }) => Object.values(nodes))
    .filter((node) => definitionIdOf(node) === definition).length;
