import type { Draft } from 'immer';
import { z } from 'zod';
import { parseUntrustedJson } from '../../../nodes/document/json.ts';
import { type Document, type Endpoint, sections, zDefinitions } from '../../../nodes/document/schema.ts';
import { isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { usedDefinitions } from '../../../nodes/graph/definitions.ts';
import { type ItemKey, idsOf, itemKey } from '../../state/item-key.ts';
import { newId } from '../../state/new-id.ts';
import type { Point } from '../canvas-handle.ts';
import { bringDefinitions } from './bring-definitions.ts';

export const CLIPBOARD_MIME = 'application/x-kronode+json';
const FORMAT = 'kronode/clipboard';

const zClip = z.strictObject({
  format: z.literal(FORMAT),
  nodes: z.record(z.string(), sections.nodes),
  frames: z.record(z.string(), sections.frames),
  notes: z.record(z.string(), sections.notes),
  /** Wires between the copied nodes, and those that lead into them from outside. */
  wires: z.array(sections.wires),
  /** Those of the subgraphs among the nodes, and of the subgraphs inside them. */
  definitions: zDefinitions.optional(),
});
/** A piece of a document on its way to another place. */
export type Clip = z.infer<typeof zClip>;

const pick = <T>(
  record: Readonly<Record<string, T>> | undefined,
  ids: readonly string[],
): Record<string, T> =>
  Object.fromEntries(
    ids.flatMap((id) => (record && Object.hasOwn(record, id) ? [[id, record[id] as T]] : [])),
  );

/** What is copied when these things are selected; undefined when there is nothing to copy. */
export function clipOf(document: Document, keys: Iterable<ItemKey>): Clip | undefined {
  const selected = [...keys];
  const nodes = pick(
    document.nodes,
    idsOf(selected, 'node').filter((id) => !isPortNode(id)),
  );
  const frames = pick(document.frames, idsOf(selected, 'frame'));
  const notes = pick(document.notes, idsOf(selected, 'note'));
  if ([nodes, frames, notes].every((part) => Object.keys(part).length === 0)) return undefined;
  const wires = Object.values(document.wires).filter(({ to }) => Object.hasOwn(nodes, to[0]));
  const { definitions = {} } = document;
  const used = pick(definitions, [...usedDefinitions(definitions, nodes)]);
  return {
    format: FORMAT,
    nodes,
    frames,
    notes,
    wires,
    ...(Object.keys(used).length > 0 && { definitions: used }),
  };
}

export const writeClip = (clip: Clip): string => JSON.stringify(clip);

/** Reads text from a clipboard; undefined when it is anything else. */
export function readClip(text: string): Clip | undefined {
  if (!text.startsWith('{') || !text.includes(FORMAT)) return undefined;
  const result = zClip.safeParse(parseUntrustedJson(text));
  return result.success ? result.data : undefined;
}

type Placed = { readonly at: readonly [number, number] };

/** The top left corner of everything in a clip. */
export function cornerOf({ nodes, frames, notes }: Clip): Point {
  const places = [nodes, frames, notes].flatMap((part) => Object.values<Placed>(part)).map(({ at }) => at);
  return { x: Math.min(...places.map(([x]) => x)), y: Math.min(...places.map(([, y]) => y)) };
}

interface PasteOptions {
  readonly offset: Point;
  /** Which of the wires that fed the originals feed the copies too; only those whose source is there are asked for. */
  readonly incoming: (from: Endpoint, to: Endpoint) => boolean;
}

/** Puts a clip into a document under new ids and returns what was added. */
export function pasteClip(draft: Draft<Document>, clip: Clip, { offset, incoming }: PasteOptions): ItemKey[] {
  const added: ItemKey[] = [];
  const ids = new Map<string, string>();
  const types = bringDefinitions(draft, clip.definitions ?? {});
  const moved = <T extends Placed>(thing: T): T => ({
    ...thing,
    at: [Math.round(thing.at[0] + offset.x), Math.round(thing.at[1] + offset.y)],
  });
  for (const [id, node] of Object.entries(clip.nodes)) {
    const fresh = newId(
      node.type
        .split('.')
        .at(-1)
        ?.replaceAll(/[^\w-]/g, '')
        .slice(0, 16) || 'n',
      draft.nodes,
    );
    ids.set(id, fresh);
    draft.nodes[fresh] = { ...structuredClone(moved(node)), type: types.get(node.type) ?? node.type };
    added.push(itemKey('node', fresh));
  }
  for (const frame of Object.values(clip.frames)) {
    draft.frames ??= {};
    const id = newId('frame', draft.frames);
    draft.frames[id] = structuredClone(moved(frame));
    added.push(itemKey('frame', id));
  }
  for (const note of Object.values(clip.notes)) {
    draft.notes ??= {};
    const id = newId('note', draft.notes);
    draft.notes[id] = structuredClone(moved(note));
    added.push(itemKey('note', id));
  }
  for (const { from, to, bends } of clip.wires) {
    const target = ids.get(to[0]);
    const inside = ids.get(from[0]);
    const source =
      inside ?? (Object.hasOwn(draft.nodes, from[0]) && incoming(from, to) ? from[0] : undefined);
    if (!target || !source) continue;
    draft.wires[newId('w', draft.wires)] = {
      from: [source, from[1]],
      to: [target, to[1]],
      ...(bends &&
        inside && { bends: bends.map(([x, y]): [number, number] => [x + offset.x, y + offset.y]) }),
    };
  }
  return added;
}
