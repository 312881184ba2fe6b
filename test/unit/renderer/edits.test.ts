import { produce } from 'immer';
import { describe, expect, test } from 'vitest';
import { library as catalogue } from '../../../nodes/library/index.ts';
import { keysOf } from '../../../renderer/editor/commands/keys.ts';
import { aligned, distributed, layered } from '../../../renderer/editor/edits/arrange.ts';
import { clipOf, pasteClip, readClip } from '../../../renderer/editor/edits/clipboard.ts';
import { firstFit, removeItems, spliceInto } from '../../../renderer/editor/edits/nodes.ts';
import { numberText, snapped, typedNumber } from '../../../renderer/editor/widgets/number-text.ts';
import { nextSeed } from '../../../renderer/state/seed-policy.ts';
import { buildDocument } from '../../support/build-document.ts';

const chain = buildDocument(
  {
    load: { type: 'images.load' },
    resize: { type: 'images.resize' },
    crop: { type: 'images.crop' },
    save: { type: 'images.save' },
  },
  ['load.image > resize.image', 'resize.image > crop.image', 'crop.image > save.image'],
);
const ends = (document: typeof chain) =>
  Object.values(document.wires).map(({ from, to }) => `${from.join('.')} > ${to.join('.')}`);

describe('deleting', () => {
  test('wires heal through several deleted nodes', () => {
    const next = produce(chain, (draft) =>
      removeItems(draft, chain, catalogue, ['node:resize', 'node:crop']),
    );
    expect(ends(next)).toEqual(['load.image > save.image']);
  });

  test('wires whose types do not meet are gone', () => {
    const document = buildDocument(
      { load: { type: 'models.load' }, decode: { type: 'images.decode' }, save: { type: 'images.save' } },
      ['load.vae > decode.vae', 'decode.image > save.image'],
    );
    expect(
      ends(produce(document, (draft) => removeItems(draft, document, catalogue, ['node:decode']))),
    ).toEqual([]);
  });

  test('pinned nodes stay', () => {
    const pinned = produce(chain, ({ nodes }) => void Object.assign(nodes.crop!, { pinned: true }));
    const next = produce(pinned, (draft) => removeItems(draft, pinned, catalogue, ['node:crop']));
    expect(next.nodes.crop).toBeDefined();
  });
});

test('a node goes into a wire it fits, and only there', () => {
  const document = buildDocument(
    {
      load: { type: 'images.load' },
      resize: { type: 'images.resize' },
      text: { type: 'values.text' },
      save: { type: 'images.save' },
    },
    ['load.image > save.image'],
  );
  const next = produce(document, (draft) => void spliceInto(draft, document, catalogue, 'resize', 'w0'));
  expect(ends(next).toSorted()).toEqual(['load.image > resize.image', 'resize.image > save.image']);
  const same = produce(document, (draft) => void spliceInto(draft, document, catalogue, 'text', 'w0'));
  expect(same).toBe(document);
});

test('a free input is preferred to one that has a wire', () => {
  const document = buildDocument(
    { one: { type: 'prompts.encode' }, two: { type: 'prompts.encode' }, sample: { type: 'sampling.sample' } },
    ['one.conditioning > sample.positive'],
  );
  expect(firstFit(document, catalogue, ['two', 'conditioning'], 'output', 'sample')?.to).toEqual([
    'sample',
    'negative',
  ]);
});

describe('the clipboard', () => {
  test('copies get new ids, keep inner wires, and incoming ones when asked', () => {
    const clip = clipOf(chain, ['node:crop', 'node:save'])!;
    const paste = (incoming: boolean) =>
      produce(
        chain,
        (draft) => void pasteClip(draft, clip, { offset: { x: 0, y: 0 }, incoming: () => incoming }),
      );
    expect(ends(paste(false))).toHaveLength(4);
    expect(ends(paste(true)).filter((wire) => wire.startsWith('resize.image'))).toHaveLength(2);
  });

  test('other text on the clipboard is left alone', () => {
    expect(readClip('hello')).toBeUndefined();
    expect(readClip('{"format":"kronode/clipboard","nodes":{"a":{"type":1}}}')).toBeUndefined();
  });
});

describe('arranging', () => {
  const boxes = [0, 50, 400].map((x, i) => ({
    key: `node:${i}` as const,
    x,
    y: i,
    width: 20,
    height: 10 + i,
  }));
  test('aligns edges and distributes gaps', () => {
    expect([...aligned(boxes, 'right').values()].map(({ x }) => x)).toEqual([400, 400, 400]);
    expect([...aligned(boxes, 'bottom').values()].map(({ y }, i) => y + 10 + i)).toEqual([14, 14, 14]);
    expect([...distributed(boxes, 'horizontal').values()].map(({ x }) => x)).toEqual([0, 200, 400]);
  });

  test('lays nodes out along their wires without overlap', async () => {
    const all = Object.keys(chain.nodes).map((id) => ({
      key: `node:${id}` as const,
      x: 7,
      y: 9,
      width: 280,
      height: 100,
    }));
    const places = await layered(chain, all);
    const xs = ['load', 'resize', 'crop', 'save'].map((id) => places.get(`node:${id}`)!.x);
    for (let i = 1; i < xs.length; i++) expect(xs[i]! - xs[i - 1]!).toBeGreaterThanOrEqual(280);
  });
});

test('seeds count within 64 bits', () => {
  expect(nextSeed('18446744073709551615', 'increment')).toBe('0');
  expect(nextSeed('0', 'decrement')).toBe('18446744073709551615');
  expect(nextSeed('42', 'fixed')).toBe('42');
  expect(BigInt(nextSeed('42', 'randomize'))).toBeLessThan(2n ** 64n);
});

test('numbers as people type them', () => {
  expect(typedNumber(' 0,5 ')).toBe(0.5);
  expect(typedNumber('abc')).toBeUndefined();
  expect(numberText(0.1 + 0.2)).toBe('0.3');
  expect(snapped(0.126, 0.05)).toBe(0.15);
});

test('keys are told by their place, not by the letter Alt makes of them', () => {
  const event = (over: Partial<KeyboardEventInit> & { code: string }) =>
    keysOf({ key: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...over });
  expect(event({ code: 'KeyC', key: '©', altKey: true })).toBe('Alt+C');
  expect(event({ code: 'KeyZ', key: 'Z', ctrlKey: true, shiftKey: true })).toBe('Mod+Shift+Z');
  expect(event({ code: 'Space', key: ' ' })).toBe('Space');
  expect(event({ code: 'ShiftLeft', key: 'Shift', shiftKey: true })).toBeUndefined();
});
