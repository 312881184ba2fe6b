import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCatalogue } from '../../../nodes/core/catalogue.ts';
import { UserError } from '../../../nodes/core/errors.ts';
import { openDocumentValue } from '../../../nodes/document/open.ts';
import { type Document, type Endpoint, zDocument } from '../../../nodes/document/schema.ts';
import {
  INPUTS_NODE,
  instanceDefinition,
  isPortNode,
  OUTPUTS_NODE,
} from '../../../nodes/document/subgraph-types.ts';
import { withoutUnusedDefinitions } from '../../../nodes/graph/definitions.ts';
import { flattenDocument } from '../../../nodes/graph/flatten.ts';
import { library } from '../../../nodes/library/index.ts';
import { aligned, moveTo } from '../../../renderer/editor/edits/arrange.ts';
import { clipOf, pasteClip, readClip, writeClip } from '../../../renderer/editor/edits/clipboard.ts';
import { addNode, connect, removeItems } from '../../../renderer/editor/edits/nodes.ts';
import {
  exposeInput,
  exposeOutput,
  movePort,
  removePort,
  renamePort,
} from '../../../renderer/editor/edits/subgraph-ports.ts';
import { makeUnique, nodeBetween, pack, unpack } from '../../../renderer/editor/edits/subgraphs.ts';
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

const instancesIn = (graph: Document): string[] =>
  Object.entries(graph.nodes).flatMap(([id, node]) => (instanceDefinition(graph, node) ? [id] : []));
const pickFrom = <T>(all: readonly T[], n: number | undefined): T | undefined =>
  all[(n ?? 0) % Math.max(all.length, 1)];

/** Where wires may start or end on the canvas. */
const endsIn = ({ graph, definition }: DocumentStore, side: 'inputs' | 'outputs'): Endpoint[] =>
  Object.entries(graph.nodes).flatMap(([id, node]) => {
    const inside = isPortNode(id) ? graph.definitions?.[definition ?? ''] : instanceDefinition(graph, node);
    if (!inside) return [[id, side === 'inputs' ? 'in' : 'out'] as Endpoint];
    // What comes into the subgraph comes out of the node of its inputs.
    const shown = { [INPUTS_NODE]: 'inputs', [OUTPUTS_NODE]: 'outputs' }[id];
    if (shown === side) return [];
    const { ports } = inside[shown === undefined ? side : side === 'outputs' ? 'inputs' : 'outputs'];
    return ports.map(({ name }): Endpoint => [id, name]);
  });

/** An edit that a person is told may not be done; the document must then be as it was. */
function attempt(store: DocumentStore, act: () => void): void {
  const { document } = store;
  try {
    act();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(store.document).toBe(document);
  }
}

/** Everything a person may do to a document, by random numbers. */
const actions = {
  add: (store: DocumentStore, [a, b]: number[]) =>
    store.edit(
      'add',
      (draft) => void addNode(draft, kinds[(a ?? 0) % kinds.length]!, { x: (b ?? 0) % 900, y: 0 }),
    ),
  select: (store: DocumentStore, [a, b]: number[]) => {
    const keys = keysOf(store.graph);
    store.select(keys.filter((_, i) => (i + (a ?? 0)) % (((b ?? 0) % 4) + 1) === 0));
  },
  remove: (store: DocumentStore) => {
    const { graph, selection } = store;
    store.edit('delete', (draft) => removeItems(draft, graph, catalogue, selection), { select: () => [] });
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
    const clip = clipOf(store.graph, store.selection);
    if (!clip) return;
    let added: ItemKey[] = [];
    const incoming = (a ?? 0) % 2 === 0;
    store.edit(
      'paste',
      (draft) => {
        added = pasteClip(draft, readClip(writeClip(clip))!, {
          offset: { x: 5, y: 5 },
          incoming: () => incoming,
        });
      },
      { select: () => added },
    );
  },
  wire: (store: DocumentStore, [a, b]: number[]) => {
    const [from, to] = [pickFrom(endsIn(store, 'outputs'), a), pickFrom(endsIn(store, 'inputs'), b)];
    if (from && to) store.edit('wire', (draft) => void connect(draft, from, to));
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
  pack: (store: DocumentStore) => {
    const { graph, selection } = store;
    const ids = new Set([...selection].flatMap((key) => (key.startsWith('node:') ? [key.slice(5)] : [])));
    if (nodeBetween(graph, ids) === undefined)
      store.edit('pack', (draft) => void pack(draft, graph, selection, 'Packed'));
  },
  unpack: (store: DocumentStore, [a]: number[]) => {
    const { graph } = store;
    const id = pickFrom(instancesIn(graph), a);
    if (id !== undefined) store.edit('unpack', (draft) => void unpack(draft, graph, id));
  },
  unique: (store: DocumentStore, [a]: number[]) => {
    const { graph } = store;
    const id = pickFrom(instancesIn(graph), a);
    if (id !== undefined) store.edit('unique', (draft) => makeUnique(draft, graph, id));
  },
  enter: (store: DocumentStore, [a]: number[]) => {
    const id = pickFrom(instancesIn(store.graph), a);
    if (id !== undefined) store.show([...store.path, id]);
  },
  leave: (store: DocumentStore) => store.show(store.path.slice(0, -1)),
  expose: (store: DocumentStore, [a, b]: number[]) => {
    const { definition } = store;
    const side = (b ?? 0) % 2 === 0 ? 'inputs' : 'outputs';
    const end = pickFrom(
      endsIn(store, side).filter(([id]) => !isPortNode(id)),
      a,
    );
    if (definition === undefined || !end) return;
    store.editDocument('expose', (draft) =>
      side === 'inputs' ? exposeInput(draft, definition, end) : exposeOutput(draft, definition, end),
    );
  },
  port: (store: DocumentStore, [a, b]: number[]) => {
    const id = pickFrom(Object.keys(store.document.definitions ?? {}), a);
    const side = (b ?? 0) % 2 === 0 ? 'inputs' : 'outputs';
    const name = pickFrom(
      store.document.definitions?.[id ?? '']?.[side].ports.map((port) => port.name) ?? [],
      b,
    );
    if (id === undefined || name === undefined) return;
    store.editDocument('port', (draft) => {
      if ((a ?? 0) % 3 === 0) removePort(draft, id, side, name);
      else if ((a ?? 0) % 3 === 1) renamePort(draft, id, side, name, 'Renamed');
      else movePort(draft, id, side, name, (b ?? 0) % 4);
    });
  },
  seed: (store: DocumentStore, [a, b]: number[]) => {
    const id = pickFrom(instancesIn(store.graph), a);
    store.edit('set', ({ nodes }) => {
      const node = nodes[id ?? ''];
      if (node) node.inputs.in = b ?? 0;
    });
  },
  undo: (store: DocumentStore) => store.undo(),
  redo: (store: DocumentStore) => store.redo(),
} as const;

const arbitraryAction = fc.tuple(
  // Subgraphs come of several actions in the right order: those are drawn more often.
  fc.constantFrom(
    ...(Object.keys(actions) as (keyof typeof actions)[]),
    ...(['add', 'add', 'wire', 'select', 'pack', 'pack', 'enter', 'enter', 'expose', 'port'] as const),
  ),
  fc.array(fc.nat(1000), { minLength: 2, maxLength: 2 }),
);

describe('history', () => {
  test('undoing everything gives the start, redoing everything the end, and every state is a document', () => {
    let [withSubgraphs, inside] = [0, 0];
    fc.assert(
      fc.property(
        arbitraryDocument(kinds.map(({ type }) => type)),
        fc.array(arbitraryAction, { minLength: 10, maxLength: 45, size: 'max' }),
        (start, steps) => {
          const store = new DocumentStore(start);
          for (const [name, numbers] of steps) {
            attempt(store, () => actions[name](store, numbers));
            const { document } = store;
            expect(zDocument.safeParse(document).success).toBe(true);
            for (const key of store.selection) expect(keysOf(store.graph)).toContain(key);
            // No wire leads nowhere, and the subgraphs there are those that are used.
            const { document: mended, problems } = openDocumentValue(document, new Map());
            expect(problems.filter(({ severity }) => severity === 'warning')).toEqual([]);
            expect(mended).toEqual(document);
            expect(withoutUnusedDefinitions(document)).toBe(document);
            flattenDocument(document);
            if (document.definitions) withSubgraphs++;
            if (store.path.length > 0) inside++;
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
      { numRuns: 80 },
    );
    // Subgraphs have to come up for this to say anything about them.
    expect(withSubgraphs).toBeGreaterThan(50);
    expect(inside).toBeGreaterThan(10);
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
