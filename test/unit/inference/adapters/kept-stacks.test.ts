import { rename, rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { KeptStacks } from '../../../../nodes/inference/adapters/kept-stacks.ts';
import { type AdapterStack, liveAdapter } from '../../../../nodes/inference/adapters/live-adapter.ts';
import { readAdapter } from '../../../../nodes/inference/adapters/read-adapter.ts';
import { runtimeCounters } from '../../../../nodes/inference/ort/counters.ts';
import { adapterFile, type Content } from '../../../support/adapter-files.ts';
import { usedBufferBytes } from '../../../support/collect-garbage.ts';

const name = 'layers.0.attention.to_q';
/** Of 1.3 MB: a smaller file would stay in memory. */
const rank = 65_536 / 4;
const lora: Content = {
  [`${name}.lora_down.weight`]: { shape: [rank, 8] },
  [`${name}.lora_up.weight`]: { shape: [12, rank] },
};
/** That it takes in a slot, with the 1 before it. */
const bytes = (20 * rank + 1) * 4;
const weights = new Map([
  [`${name}.weight`, { dtype: 'F32' as const, shape: [12, 8], file: '', offset: 0, byteLength: 384 }],
]);

async function open(content: Content) {
  const file = await adapterFile(content);
  const adapter = await readAdapter(file, weights);
  return { file, live: await liveAdapter(adapter, weights) };
}
const stacks = (keptBytes?: number) => new KeptStacks((stack: AdapterStack) => ({ stack }), 0, [], keptBytes);
const reads = () => runtimeCounters.weightCopies;

test('a stack is one network; its factors are read once', async () => {
  const [a, b] = [await open(lora), await open(lora)];
  const kept = stacks();
  const before = reads();
  const [first, again] = await Promise.all([kept.of([a.live]), kept.of([a.live])]);
  expect(again).toBe(first);
  expect(reads() - before).toBe(2);
  const both = await kept.of([b.live, a.live]);
  expect(reads() - before).toBe(4);
  expect(both.stack[1]!.factors).toBe(first.stack[0]!.factors);
  expect((await kept.of([a.live])) === first).toBe(true);
});

test('what was not used for longest is forgotten, what is in use stays', async () => {
  const all = await Promise.all([lora, lora, lora].map(open));
  const [a, b, c] = all.map(({ live }) => live);
  // Room for one beside those in use.
  const kept = stacks(bytes);
  expect(kept.bytes).toBe(0);
  const first = await kept.of([a!]);
  const second = await kept.of([b!]);
  expect(kept.bytes).toBe(2 * bytes);
  expect(await kept.of([a!])).toBe(first);
  await kept.of([c!]);
  expect(kept.bytes).toBe(2 * bytes);
  const before = reads();
  expect(await kept.of([a!])).toBe(first);
  expect(reads()).toBe(before);
  expect(await kept.of([b!])).not.toBe(second);
  expect(reads()).toBeGreaterThan(before);
});

test('a file that is gone is told, and asked for again once it is back', async () => {
  const { file, live } = await open(lora);
  const kept = stacks();
  await rename(file, `${file}.away`);
  await expect(kept.of([live])).rejects.toThrow(UserError);
  await expect(kept.of([live])).rejects.toThrow(UserError);
  await rename(`${file}.away`, file);
  expect((await kept.of([live])).stack[0]!.factors!.values.length).toBe(bytes / 4);
});

test('an adapter that is built in takes no slot', async () => {
  const { live } = await open(lora);
  const kept = new KeptStacks((stack: AdapterStack) => ({ stack }), 0, [live]);
  expect((await kept.of([live])).stack).toEqual([{ live, factors: undefined }]);
  expect(kept.bytes).toBe(0);
});

test('a small file is read once, when it is opened', async () => {
  const { file, live } = await open({
    [`${name}.lora_down.weight`]: { shape: [3, 8] },
    [`${name}.lora_up.weight`]: { shape: [12, 3] },
  });
  await rm(file);
  const before = reads();
  expect((await stacks().of([live])).stack[0]!.factors!.values.length).toBe(3 * 20 + 1);
  expect(reads()).toBe(before);
});

test('fifty exchanges leave no factors behind', async () => {
  const { file } = await open(lora);
  const adapter = await readAdapter(file, weights);
  const kept = stacks(0);
  const exchange = async (times: number) => {
    for (let i = 0; i < times; i++) await kept.of([await liveAdapter(adapter, weights)]);
    return usedBufferBytes();
  };
  const before = await exchange(2);
  // Each takes 1.3 MB.
  expect((await exchange(50)) - before).toBeLessThan(4e6);
});
