import { describe, expect, test } from 'vitest';
import { FlowAdapter } from '../../../renderer/editor/flow/adapters.ts';
import { bendIndex, wirePath } from '../../../renderer/editor/flow/wire-path.ts';
import { buildDocument, withInput } from '../../support/build-document.ts';

const document = buildDocument(
  { a: { type: 'images.load' }, b: { type: 'images.save', pinned: true }, c: { type: 'values.text' } },
  ['a.image > b.image'],
);
const none = new Set<never>();
const sizes = new Map();

describe('what React Flow draws', () => {
  test('only what changed is made anew', () => {
    const adapter = new FlowAdapter();
    const before = adapter.nodes(document, none, sizes, undefined);
    const edges = adapter.edges(document, none);
    const changed = withInput(document, 'c', { value: 'hello' });
    const after = adapter.nodes(changed, none, sizes, undefined);
    expect(after.map((node, i) => node === before[i])).toEqual([true, true, false]);
    expect(after[2]!.data).toBe(before[2]!.data);
    expect(adapter.edges(changed, none)[0]).toBe(edges[0]);
    const selected = adapter.nodes(changed, new Set(['node:a'] as const), sizes, undefined);
    expect(selected.map((node, i) => node === after[i])).toEqual([false, true, true]);
    expect(selected[0]!.selected).toBe(true);
  });

  test('a drag moves what is dragged, whatever the document says', () => {
    const adapter = new FlowAdapter();
    const [a] = adapter.nodes(document, none, sizes, new Map([['node:a' as const, { x: 5, y: 6 }]]));
    expect(a!.position).toEqual({ x: 5, y: 6 });
    expect(adapter.nodes(document, none, sizes, undefined)[0]!.position).toEqual({ x: 0, y: 0 });
  });

  test('pinned nodes stay, frames lie below', () => {
    const framed = {
      ...document,
      frames: { f: { title: 'F', at: [0, 0], size: [10, 10] } },
    } as typeof document;
    const nodes = new FlowAdapter().nodes(framed, none, sizes, undefined);
    expect(nodes.find(({ id }) => id === 'node:b')!.draggable).toBe(false);
    expect(nodes.find(({ id }) => id === 'frame:f')!.zIndex).toBeLessThan(0);
  });

  test('edges name their sockets', () => {
    expect(new FlowAdapter().edges(document, none)[0]).toMatchObject({
      id: 'wire:w0',
      source: 'node:a',
      sourceHandle: 'image',
      target: 'node:b',
      targetHandle: 'image',
    });
  });
});

describe('the path of a wire', () => {
  test('goes through its bends', () => {
    const path = wirePath({ x: 0, y: 0 }, [{ x: 50, y: 80 }], { x: 100, y: 0 });
    expect(path.startsWith('M0,0 C')).toBe(true);
    expect(path).toContain(' 50,80 C');
    expect(path.endsWith(' 100,0')).toBe(true);
  });

  test('a new bend belongs to the piece it is nearest to', () => {
    const bends = [{ x: 50, y: 80 }];
    expect(bendIndex({ x: 0, y: 0 }, bends, { x: 100, y: 0 }, { x: 20, y: 30 })).toBe(0);
    expect(bendIndex({ x: 0, y: 0 }, bends, { x: 100, y: 0 }, { x: 80, y: 30 })).toBe(1);
  });
});
