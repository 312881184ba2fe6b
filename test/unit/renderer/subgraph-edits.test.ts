import { produce } from 'immer';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import type { Document } from '../../../nodes/document/schema.ts';
import { definitionIdOf } from '../../../nodes/document/subgraph-types.ts';
import { clipOf, pasteClip, readClip, writeClip } from '../../../renderer/editor/edits/clipboard.ts';
import {
  exposeInput,
  exposeOutput,
  movePort,
  portOf,
  removePort,
  renamePort,
} from '../../../renderer/editor/edits/subgraph-ports.ts';
import { instanceCount, makeUnique, pack } from '../../../renderer/editor/edits/subgraphs.ts';
import { DocumentStore } from '../../../renderer/state/document-store.ts';
import { itemKey } from '../../../renderer/state/item-key.ts';
import { buildDocument } from '../../support/build-document.ts';

/** A chain of three, the middle packed, and that packed once more: `outer/inner/b`. */
function nested(): { readonly document: Document; readonly outer: string; readonly inner: string } {
  const start = buildDocument(
    { a: { type: 'values.text' }, b: { type: 'values.text' }, c: { type: 'values.text' } },
    ['a.text > b.text', 'b.text > c.text'],
  );
  const wrap = (document: Document, id: string) => {
    let instance = '';
    const next = produce(document, (draft) => {
      instance = pack(draft, document, [itemKey('node', id)], `Around ${id.split('_')[0]}`)!;
    });
    return [next, instance] as const;
  };
  const [once, inner] = wrap(start, 'b');
  const [document, outer] = wrap(once, inner);
  return { document, outer, inner };
}

const definitionOf = (document: Document, id: string) => definitionIdOf(document.nodes[id]!)!;
const copied = (document: Document, id: string) =>
  readClip(writeClip(clipOf(document, [itemKey('node', id)])!))!;
const pasted = (document: Document, clip: ReturnType<typeof copied>) =>
  produce(document, (draft) => {
    pasteClip(draft, clip, { offset: { x: 9, y: 9 }, incoming: () => false });
  });

describe('packing', () => {
  it('puts the instance where one of the packed nodes was, so that it covers no other', () => {
    const document = buildDocument({
      a: { type: 'values.text', at: [0, 0] },
      b: { type: 'values.text', at: [400, 10] },
      c: { type: 'values.text', at: [400, 400] },
      d: { type: 'values.text', at: [800, 390] },
    });
    const next = produce(document, (draft) => {
      pack(draft, document, [itemKey('node', 'a'), itemKey('node', 'b'), itemKey('node', 'd')], 'Some');
    });
    const [instance] = Object.values(next.nodes).filter((node) => definitionIdOf(node) !== undefined);
    // The middle of the three lies on the fourth.
    expect(instance?.at).toEqual([400, 10]);
  });
});

describe('copying an instance', () => {
  const { document, outer } = nested();

  it('takes along what it stands for, with all that is inside', () => {
    expect(Object.keys(copied(document, outer).definitions ?? {}).sort()).toEqual(
      Object.keys(document.definitions ?? {}).sort(),
    );
    const elsewhere = pasted(buildDocument({}), copied(document, outer));
    expect(elsewhere.definitions).toEqual(document.definitions);
  });

  it('shares the definitions where they are already', () => {
    const twice = pasted(document, copied(document, outer));
    expect(twice.definitions).toBe(document.definitions);
    expect(instanceCount(twice, definitionOf(twice, outer))).toBe(2);
  });

  it('brings its own under other names where those there have changed, also deep inside', () => {
    const inner = Object.keys(document.definitions!).find((id) => id !== definitionOf(document, outer))!;
    const changed = produce(document, (draft) => {
      draft.definitions![inner]!.nodes.b!.inputs.text = 'changed';
    });
    const both = pasted(changed, copied(document, outer));
    expect(Object.keys(both.definitions!)).toHaveLength(4);
    const [fresh] = Object.entries(both.nodes).filter(([id]) => !Object.hasOwn(changed.nodes, id));
    const brought = both.definitions![definitionIdOf(fresh![1])!]!;
    const deep = definitionIdOf(Object.values(brought.nodes)[0]!)!;
    expect(deep).not.toBe(inner);
    expect(both.definitions![deep]!.nodes.b!.inputs.text).toBeUndefined();
  });

  it('into itself is refused, and nothing changes', () => {
    const store = new DocumentStore(document);
    store.show([outer]);
    const clip = copied(document, outer);
    expect(() =>
      store.edit('paste', (draft) => {
        pasteClip(draft, clip, { offset: { x: 0, y: 0 }, incoming: () => false });
      }),
    ).toThrow(UserError);
    expect(store.document).toBe(document);
  });
});

describe('ports', () => {
  const { document, outer } = nested();
  const id = definitionOf(document, outer);
  const ports = (of: Document, side: 'inputs' | 'outputs') =>
    of.definitions![id]![side].ports.map(({ name }) => name);

  it('are told apart by a number, renamed by title, and moved', () => {
    const inner = Object.keys(document.definitions![id]!.nodes)[0]!;
    const more = produce(document, (draft) => {
      exposeInput(draft, id, [inner, 'text']);
      exposeOutput(draft, id, [inner, 'text']);
    });
    expect([ports(more, 'inputs'), ports(more, 'outputs')]).toEqual([
      ['text', 'text_2'],
      ['text', 'text_2'],
    ]);
    // An input inside has one wire: the port it was shown through lost it.
    expect(portOf(more.definitions![id]!, 'inputs', [inner, 'text'])).toBe('text_2');
    const moved = produce(more, (draft) => {
      movePort(draft, id, 'inputs', 'text_2', 0);
      renamePort(draft, id, 'inputs', 'text', 'Words');
    });
    expect(moved.definitions![id]!.inputs.ports).toEqual([
      { name: 'text_2' },
      { name: 'text', title: 'Words' },
    ]);
    const back = produce(moved, (draft) => renamePort(draft, id, 'inputs', 'text', ''));
    expect(back.definitions![id]!.inputs.ports[1]).toEqual({ name: 'text' });
  });

  it('that go take their wires and values along, at every instance', () => {
    const two = produce(pasted(document, copied(document, outer)), (draft) => {
      for (const node of Object.values(draft.nodes))
        if (definitionIdOf(node) === id) node.inputs.text = 'set';
    });
    const without = produce(two, (draft) => removePort(draft, id, 'inputs', 'text'));
    expect(ports(without, 'inputs')).toEqual([]);
    expect(Object.values(without.nodes).flatMap((node) => Object.keys(node.inputs))).toEqual([]);
    expect(Object.values(without.wires).map(({ to }) => to[0])).toEqual(['c']);
    expect(Object.values(without.definitions![id]!.wires).map(({ to }) => to[0])).toEqual([
      'subgraph-outputs',
    ]);
  });
});

it('an instance made unique has the same inside under another name', () => {
  const { document, outer } = nested();
  const two = pasted(document, copied(document, outer));
  const unique = produce(two, (draft) => makeUnique(draft, two, outer));
  const [before, after] = [definitionOf(two, outer), definitionOf(unique, outer)];
  expect(after).not.toBe(before);
  expect(unique.definitions![after]).toEqual(two.definitions![before]);
  expect(instanceCount(unique, before)).toBe(1);
});

describe('the graph on the canvas', () => {
  const { document, outer, inner } = nested();

  it('is edited where it is shown, and going back shows where it was done', () => {
    const store = new DocumentStore(document);
    store.show([outer, inner]);
    expect(Object.keys(store.graph.nodes)).toEqual(['subgraph-inputs', 'subgraph-outputs', 'b']);
    store.edit('type', ({ nodes }) => {
      nodes.b!.inputs.text = 'inside';
    });
    store.show([]);
    expect(store.graph).toBe(store.document);
    store.undo();
    expect(store.path).toEqual([outer, inner]);
    expect(store.document).toBe(document);
    store.redo();
    expect(store.graph.nodes.b?.inputs.text).toBe('inside');
  });

  it('is the nearest one that is left when its instance goes', () => {
    const store = new DocumentStore(document);
    store.show([outer, inner]);
    store.editDocument('delete', (draft) => void delete draft.nodes[outer]);
    expect(store.path).toEqual([]);
    expect(store.document.definitions).toBeUndefined();
    store.undo();
    expect(store.document).toBe(document);
    store.show([outer, 'nobody', inner]);
    expect(store.path).toEqual([outer]);
  });
});
