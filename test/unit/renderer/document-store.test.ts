import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCatalogue } from '../../../nodes/core/catalogue.ts';
import { type Document, zDocument } from '../../../nodes/document/schema.ts';
import { library } from '../../../nodes/library/index.ts';
import { aligned, moveTo } from '../../../renderer/editor/edits/arrange.ts';
import { clipOf, pasteClip, readClip, writeClip } from '../../../renderer/editor/edits/clipboard.ts';
import { addNode, connect, removeItems } from '../../../renderer/editor/edits/nodes.ts';
import { DocumentStore, HISTORY_LIMIT, isDirty } from '../../../renderer/state/document-store.ts';
import { type ItemKey, itemKey } from '../../../renderer/state/item-key.ts';
import { arbitraryDocument } from '../../support/arbitrary-documents.ts';
import { buildDocument } from '../../support/build-document.ts';

const catalogue = createCatalogue([...library.values()]);
const kinds = [...catalogue.values()];

const keysOf = ({ nodes, frames = {}, notes = {}, wires }: Document): ItemKey[] => [
  ...Object.keys(nodes).map((id) => itemKey('node', id)),
  ...Object.keys(frames).map((id) => itemKey('frame', id)),
  ...Object.keys(notes).map((id) => itemKey('note', id)),
  ...Object.keys(wires).map((id) => itemKey('wire', id)),
];

/** Everything a person may do to a document, by random numbers. */
const actions = {
  add: (store: DocumentStore, [a, b]: number[]) =>
    store.edit(
      'add',
      (draft) => void addNode(draft, kinds[(a ?? 0) % kinds.length]!, { x: (b ?? 0) % 900, y: 0 }),
    ),
  select: (store: DocumentStore, [a, b]: number[]) => {
    const keys = keysOf(store.document);
    store.select(keys.filter((_, i) => (i + (a ?? 0)) % (((b ?? 0) % 4) + 1) === 0));
  },
  remove: (store: DocumentStore) => {
    const { document, selection } = store;
    store.edit('delete', (draft) => removeItems(draft, document, catalogue, selection), { select: () => [] });
  },
  move: (store: DocumentStore, [a, b]: number[]) => {
    const places = new Map(
      [...store.selection].map((key, i) => [key, { x: (a ?? 0) % 500, y: ((b ?? 0) + i) % 500 }]),
    );
    store.edit('move', (draft) => moveTo(draft, places), { merge: `drag ${(a ?? 0) % 3}` });
  },
  align: (store: DocumentStore) => {
    const boxes = [...store.selection].map((key, i) => ({ key, x: i, y: i * 2, width: 10, height: 10 }));
    store.edit('align', (draft) => moveTo(draft, aligned(boxes, 'left')));
  },
  paste: (store: DocumentStore, [a]: number[]) => {
    const clip = clipOf(store.document, store.selection);
    if (!clip) return;
    let added: ItemKey[] = [];
    const incoming = (a ?? 0) % 2 === 0;
    store.edit(
      'paste',
      (draft) => {
        added = pasteClip(draft, readClip(writeClip(clip))!, { offset: { x: 5, y: 5 }, incoming });
      },
      { select: () => added },
    );
  },
  wire: (store: DocumentStore, [a, b]: number[]) => {
    const ids = Object.keys(store.document.nodes);
    if (ids.length === 0) return;
    const at = (n: number | undefined) => ids[(n ?? 0) % ids.length]!;
    store.edit('wire', (draft) => void connect(draft, [at(a), 'out'], [at(b), 'in']));
  },
  type: (store: DocumentStore, [a, b]: number[]) =>
    store.edit(
      'type',
      ({ nodes }) => {
        const node = Object.values(nodes)[(a ?? 0) % Math.max(1, Object.keys(nodes).length)];
        if (node) node.inputs.text = String(b);
      },
      { merge: 'typing' },
    ),
  bail: (store: DocumentStore, [a]: number[]) => {
    const mark = store.mark();
    actions.add(store, [a ?? 0, 1]);
    actions.remove(store);
    store.bailTo(mark);
  },
  squash: (store: DocumentStore, [a]: number[]) => {
    const mark = store.mark();
    actions.add(store, [a ?? 0, 1]);
    actions.wire(store, [a ?? 0, 3]);
    actions.remove(store);
    store.squashTo(mark, 'all of it');
  },
  undo: (store: DocumentStore) => store.undo(),
  redo: (store: DocumentStore) => store.redo(),
} as const;

const arbitraryAction = fc.tuple(
  fc.constantFrom(...(Object.keys(actions) as (keyof typeof actions)[])),
  fc.array(fc.nat(1000), { minLength: 2, maxLength: 2 }),
);

describe('history', () => {
  test('undoing everything gives the start, redoing everything the end, and every state is a document', () => {
    fc.assert(
      fc.property(
        arbitraryDocument(kinds.map(({ type }) => type)),
        fc.array(arbitraryAction, { maxLength: 40 }),
        (start, steps) => {
          const store = new DocumentStore(start);
          for (const [name, numbers] of steps) {
            actions[name](store, numbers);
            expect(zDocument.safeParse(store.document).success).toBe(true);
            for (const key of store.selection) expect(keysOf(store.document)).toContain(key);
          }
          const { document: end, past, future } = store.state.getState();
          expect(past.length + future.length).toBeLessThanOrEqual(HISTORY_LIMIT);
          store.goTo(0);
          expect(store.document).toEqual(start);
          store.goTo(past.length);
          expect(store.document).toEqual(end);
          expect(isDirty(store.state.getState())).toBe(store.document !== start);
        },
      ),
      { numRuns: 150 },
    );
  });

  const one = () =>
    new DocumentStore(buildDocument({ a: { type: 'values.text' }, b: { type: 'values.text' } }));
  const move = (store: DocumentStore, x: number, merge?: string) =>
    store.edit('move', ({ nodes }) => void nodes.a!.at.splice(0, 1, x), merge === undefined ? {} : { merge });

  test('a gesture is one step, however long it was', () => {
    const store = one();
    for (let x = 1; x <= 500; x++) move(store, x, 'drag 1');
    const { past } = store.state.getState();
    expect(past).toHaveLength(1);
    move(store, 3, 'drag 2');
    store.undo();
    expect(store.document.nodes.a!.at[0]).toBe(500);
    store.undo();
    expect(store.document.nodes.a!.at[0]).toBe(0);
  });

  test('a mark keeps later edits out of the step before it', () => {
    const store = one();
    move(store, 1, 'drag');
    const mark = store.mark();
    move(store, 2, 'drag');
    expect(store.state.getState().past).toHaveLength(2);
    store.bailTo(mark);
    expect(store.document.nodes.a!.at[0]).toBe(1);
    expect(store.state.getState().future).toHaveLength(0);
  });

  test('undo and redo bring the selection of their time back', () => {
    const store = one();
    store.select(['node:a']);
    store.edit('delete', ({ nodes }) => void delete nodes.a, { select: () => [] });
    store.select(['node:b']);
    store.undo();
    expect([...store.selection]).toEqual(['node:a']);
    store.redo();
    expect([...store.selection]).toEqual([]);
  });

  test('an edit that changes nothing leaves no step and keeps the document', () => {
    const store = one();
    const { document } = store;
    store.edit('nothing', ({ nodes }) => void nodes.a!.at.splice(0, 1, 0));
    expect(store.document).toBe(document);
    expect(store.state.getState().past).toHaveLength(0);
  });

  test('the oldest steps are given up at the limit', () => {
    const store = one();
    for (let x = 1; x <= HISTORY_LIMIT + 5; x++) move(store, x);
    store.goTo(0);
    expect(store.document.nodes.a!.at[0]).toBe(5);
  });

  test('a saved state that is returned to is clean again', () => {
    const store = one();
    store.markSaved();
    move(store, 1);
    expect(isDirty(store.state.getState())).toBe(true);
    store.undo();
    expect(isDirty(store.state.getState())).toBe(false);
  });
});
