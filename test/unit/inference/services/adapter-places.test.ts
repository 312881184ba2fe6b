import { expect, test } from 'vitest';
import { type LiveAdapter, liveAdapter } from '../../../../nodes/inference/adapters/live-adapter.ts';
import { readAdapter } from '../../../../nodes/inference/adapters/read-adapter.ts';
import { placesFor } from '../../../../nodes/inference/services/adapter-places.ts';
import { adapterFile, type Content, weightsOf } from '../../../support/adapter-files.ts';

const name = 'layers.0.attention.to_q';
const weights = weightsOf({ [name]: [12, 8] });
const lora: Content = {
  [`${name}.lora_down.weight`]: { shape: [2, 8] },
  [`${name}.lora_up.weight`]: { shape: [12, 2] },
};
const lohaOfHighRank: Content = {
  [`${name}.hada_w1_a`]: { shape: [12, 5] },
  [`${name}.hada_w1_b`]: { shape: [5, 8] },
  [`${name}.hada_w2_a`]: { shape: [12, 5] },
  [`${name}.hada_w2_b`]: { shape: [5, 8] },
};

async function laid(content: Content, change: (live: LiveAdapter) => LiveAdapter = (live) => live) {
  const file = await adapterFile(content);
  const live = await liveAdapter(await readAdapter(file, weights), weights);
  return { file: { name: file, sha256: file }, live: change(live) };
}

/** As if its LoRA were of this rank; nobody reads its factors here. */
const ofRank =
  (rank: number) =>
  (live: LiveAdapter): LiveAdapter => {
    const modules = new Map(live.adapter.modules);
    for (const [key, module] of modules) {
      if (module.family !== 'lora') throw new Error('A LoRA was expected.');
      const [up, down] = module.product.map(({ matrix }) => matrix);
      modules.set(key, {
        ...module,
        product: [
          { transposed: false, matrix: { ...up!, columns: rank } },
          { transposed: false, matrix: { ...down!, rows: rank } },
        ],
      });
    }
    return { ...live, adapter: { ...live.adapter, modules } };
  };

test('adapters that fit take slots on the CPU and on WebGPU', async () => {
  const [fits, other] = [await laid(lora), await laid(lohaOfHighRank)];
  // Where a network takes long to make, a second adapter finds a slot in it as well.
  for (const [provider, slots] of [
    ['cpu', 1],
    ['webgpu', 2],
  ] as const) {
    const { builtIn, slotCounts } = placesFor([fits, other], { provider, weights: 'packed' });
    expect(builtIn).toEqual([other]);
    expect(slotCounts[0]).toBe(slots);
  }
});

test('all are built in where weights stay in their file, and on providers that were not looked at', async () => {
  const fits = await laid(lora);
  for (const settings of [
    { provider: 'cpu', weights: 'mapped' },
    { provider: 'dml', weights: 'packed' },
    { provider: 'cuda', weights: 'packed' },
  ] as const)
    expect(placesFor([fits], settings)).toEqual({ builtIn: [fits], slotCounts: [0] });
});

test('a GPU is sent no more than 256 MiB of factors at every step', async () => {
  // A rank takes 20 values.
  const rank = (150 * 2 ** 20) / 80;
  const [first, second, small] = [
    await laid(lora, ofRank(rank)),
    await laid(lora, ofRank(rank)),
    await laid(lora),
  ];
  const adapters = [first, second, small];
  expect(placesFor(adapters, { provider: 'webgpu', weights: 'packed' }).builtIn).toEqual([second]);
  expect(placesFor(adapters, { provider: 'cpu', weights: 'packed' }).builtIn).toEqual([]);
});
