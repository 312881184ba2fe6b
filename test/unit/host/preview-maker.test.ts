import { expect, test, vi } from 'vitest';
import { PreviewMaker } from '../../../nodes/host/preview-maker.ts';

const jpeg = (name: string) => new TextEncoder().encode(name);
const nameOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A drawing that takes until it is told to be done. */
function drawing(name: string) {
  const waiting: ((bytes: Uint8Array) => void)[] = [];
  const draw = vi.fn(() => new Promise<Uint8Array>((resolve) => waiting.push(resolve)));
  return {
    draw,
    finish: () => {
      for (const resolve of waiting) resolve(jpeg(name));
    },
  };
}

const maker = () => {
  const shown: string[] = [];
  const failed: string[] = [];
  return {
    shown,
    failed,
    previews: new PreviewMaker(
      (node, bytes) => shown.push(`${node} ${nameOf(bytes)}`),
      (node) => failed.push(node),
    ),
  };
};

test('of what is asked for meanwhile the newest of each node is drawn', async () => {
  const { previews, shown } = maker();
  const first = drawing('1');
  previews.ask('a', first.draw);
  const passed = vi.fn(async () => jpeg('2'));
  previews.ask('a', passed);
  previews.ask('a', async () => jpeg('3'));
  previews.ask('b', async () => jpeg('4'));
  first.finish();
  await vi.waitFor(() => expect(shown).toEqual(['a 1', 'a 3', 'b 4']));
  expect(passed).not.toHaveBeenCalled();
});

test('one that cannot be drawn is told, and the next one is drawn', async () => {
  const { previews, shown, failed } = maker();
  previews.ask('a', async () => {
    throw new Error('no');
  });
  previews.ask('b', async () => jpeg('1'));
  await vi.waitFor(() => expect(shown).toEqual(['b 1']));
  expect(failed).toEqual(['a']);
});

test('after the run nothing is shown or drawn', async () => {
  const { previews, shown } = maker();
  const first = drawing('1');
  const second = drawing('2');
  previews.ask('a', first.draw);
  previews.ask('b', second.draw);
  previews.close();
  first.finish();
  await vi.waitFor(() => expect(first.draw).toHaveBeenCalled());
  await new Promise((done) => setImmediate(done));
  expect(shown).toEqual([]);
  expect(second.draw).not.toHaveBeenCalled();
});

test('the same again is drawn once in a run, and all that was asked for can be waited for', async () => {
  const { previews, shown } = maker();
  const first = drawing('1');
  previews.ask('a', first.draw);
  previews.ask('a', first.draw);
  previews.ask('b', async () => jpeg('2'));
  const all = previews.shown();
  first.finish();
  await all;
  expect(shown).toEqual(['a 1', 'b 2']);
  expect(first.draw).toHaveBeenCalledTimes(1);
  await previews.shown();
});
