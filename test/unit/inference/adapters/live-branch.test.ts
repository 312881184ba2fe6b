import { expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import type { Adapter, Matrix } from '../../../../nodes/inference/adapters/adapter.ts';
import { zerosFor } from '../../../../nodes/inference/adapters/adapter-slots.ts';
import { layerSizes } from '../../../../nodes/inference/adapters/blocks.ts';
import { liveAdapter } from '../../../../nodes/inference/adapters/live-adapter.ts';
import { LiveBranches } from '../../../../nodes/inference/adapters/live-branch.ts';
import { loadModule, readMatrix } from '../../../../nodes/inference/adapters/matrix.ts';
import { mergeAll } from '../../../../nodes/inference/adapters/merge.ts';
import { readAdapter } from '../../../../nodes/inference/adapters/read-adapter.ts';
import { fitsSlots, loadSlotFactors } from '../../../../nodes/inference/adapters/slot-factors.ts';
import { readSafetensors } from '../../../../nodes/inference/checkpoints/safetensors.ts';
import { Graph } from '../../../../nodes/inference/onnx/graph.ts';
import { Session } from '../../../../nodes/inference/ort/session.ts';
import { adapterFile, type Content } from '../../../support/adapter-files.ts';
import { maxDifference } from '../../../support/max-difference.ts';

const out = 12;
const inner = 8;
const tokens = 5;
const name = 'layers.0.attention.to_q';

/** x · Wᵀ + bias with adapters, as a graph, beside the same with merged weights. */
const layer = (...contents: Content[]) => adapted(contents, 0);

/** @param slots of the graph, which all adapters take that fit */
async function adapted(contents: readonly Content[], slots: number) {
  const { tensors: weights } = await readSafetensors(
    await adapterFile({ [`${name}.weight`]: { shape: [out, inner] }, [`${name}.bias`]: { shape: [out] } }),
  );
  const adapters: Adapter[] = [];
  for (const content of contents) adapters.push(await readAdapter(await adapterFile(content), weights));
  const live = await Promise.all(adapters.map((adapter) => liveAdapter(adapter, weights)));
  const graph = new Graph('layer');
  const layers = layerSizes(weights);
  const stack = await Promise.all(
    live.map(async (one) => {
      const fits = slots > 0 && fitsSlots(one.adapter);
      return { live: one, factors: fits ? await loadSlotFactors(one.adapter, zerosFor(layers)) : undefined };
    }),
  );
  const builtIn = stack.filter(({ factors }) => !factors).map((one) => one.live);
  const branches = new LiveBranches(graph, builtIn, { slots: { count: slots, layers } });
  const x = graph.input('x', 'float32', ['tokens', inner]);
  const weight = graph.weight('weight', weights.get(`${name}.weight`)!);
  const bias = graph.weight('bias', weights.get(`${name}.bias`)!);
  const y = branches.adapt({ module: name, x, weight, bias, y: graph.linear(x, weight, bias) });
  graph.output('y', y);
  const session = await Session.create(graph.build(), { provider: 'cpu', weights: 'packed' });

  const stored = (key: string, rows: number, columns: number) =>
    readMatrix({ key, rows, columns, source: weights.get(key)! });
  const base = await stored(`${name}.weight`, out, inner);
  const offset = await stored(`${name}.bias`, 1, out);
  const data = Float32Array.from({ length: tokens * inner }, (_, i) => Math.sin(i));
  return {
    inSlots: stack.length - builtIn.length,
    live: async (strengths: number[]) => {
      const feeds = branches.feeds(
        stack,
        strengths.map((strength) => ({ strength })),
      );
      return (await session.run({ x: { dims: [tokens, inner], data }, ...feeds })).y!.data;
    },
    merged: async (strengths: number[]) => {
      const changes = [];
      for (const [i, { modules }] of adapters.entries()) {
        changes.push({ module: await loadModule(modules.get(name)!), strength: strengths[i]! });
      }
      return linear(data, mergeAll(base, changes), offset.values);
    },
  };
}

function linear(x: Float32Array, { rows, columns, values }: Matrix, bias: Float32Array): Float32Array {
  const y = new Float32Array(tokens * rows);
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < rows; row++) {
      let sum = bias[row]!;
      for (let i = 0; i < columns; i++) sum += x[token * columns + i]! * values[row * columns + i]!;
      y[token * rows + row] = sum;
    }
  }
  return y;
}

const magnitudes = (shape: number[]) => ({
  [`${name}.dora_scale`]: {
    shape,
    values: Array.from({ length: Math.max(...shape) }, (_, i) => 0.2 + i / 10),
  },
});
const lokr: Content = { [`${name}.lokr_w1`]: { shape: [4, 2] }, [`${name}.lokr_w2`]: { shape: [3, 4] } };
const loha = (rank: number): Content => ({
  [`${name}.hada_w1_a`]: { shape: [out, rank] },
  [`${name}.hada_w1_b`]: { shape: [rank, inner] },
  [`${name}.hada_w2_a`]: { shape: [out, rank] },
  [`${name}.hada_w2_b`]: { shape: [rank, inner] },
});

const variants: Record<string, Content> = {
  'LoKr whose first factor is a row': {
    [`${name}.lokr_w1`]: { shape: [1, 4] },
    [`${name}.lokr_w2`]: { shape: [12, 2] },
  },
  'LoKr whose first factor is a column': {
    [`${name}.lokr_w1`]: { shape: [6, 1] },
    [`${name}.lokr_w2`]: { shape: [2, 8] },
  },
  'LoKr with a large first factor': {
    [`${name}.lokr_w1`]: { shape: [12, 8] },
    [`${name}.lokr_w2`]: { shape: [1, 1] },
  },
  'LoKr with both factors decomposed and alpha': {
    [`${name}.lokr_w1_a`]: { shape: [4, 2] },
    [`${name}.lokr_w1_b`]: { shape: [2, 2] },
    [`${name}.lokr_w2_a`]: { shape: [3, 2] },
    [`${name}.lokr_w2_b`]: { shape: [2, 4] },
    [`${name}.alpha`]: { shape: [], values: [3] },
  },
  'LoKr with a Tucker core': {
    [`${name}.lokr_w1`]: { shape: [4, 2] },
    [`${name}.lokr_w2_a`]: { shape: [2, 3] },
    [`${name}.lokr_t2`]: { shape: [2, 2, 1, 1] },
    [`${name}.lokr_w2_b`]: { shape: [2, 4] },
  },
  'LoKr with magnitudes of outputs': { ...lokr, ...magnitudes([out, 1]) },
  'LoKr with magnitudes of inputs': { ...lokr, ...magnitudes([1, inner]) },
  'LoRA with magnitudes as PEFT stores them': {
    [`${name}.lora_A.weight`]: { shape: [2, inner] },
    [`${name}.lora_B.weight`]: { shape: [out, 2] },
    [`${name}.lora_magnitude_vector`]: { shape: [out], values: Array(out).fill(0.5) },
  },
  'LoRA with a middle': {
    [`${name}.lora_down.weight`]: { shape: [2, inner, 1, 1] },
    [`${name}.lora_mid.weight`]: { shape: [3, 2, 1, 1] },
    [`${name}.lora_up.weight`]: { shape: [out, 3, 1, 1] },
  },
  'LoHa of low rank': loha(2),
  'LoHa of high rank': loha(5),
  'LoHa with Tucker cores': {
    [`${name}.hada_w1_a`]: { shape: [2, out] },
    [`${name}.hada_t1`]: { shape: [2, 2, 1, 1] },
    [`${name}.hada_w1_b`]: { shape: [2, inner] },
    [`${name}.hada_w2_a`]: { shape: [2, out] },
    [`${name}.hada_t2`]: { shape: [2, 2, 1, 1] },
    [`${name}.hada_w2_b`]: { shape: [2, inner] },
  },
};

test.each(Object.entries(variants))('%s acts live as merged', async (_, content) => {
  const { live, merged } = await layer(content);
  const base = await merged([0]);
  expect(maxDifference(await live([0]), base)).toBeLessThan(1e-6);
  for (const strength of [1, -0.7]) {
    const expected = await merged([strength]);
    expect(maxDifference(await live([strength]), expected)).toBeLessThan(1e-5);
    expect(maxDifference(expected, base)).toBeGreaterThan(1e-3);
  }
});

const fitting = Object.entries(variants).filter(([variant]) => !/magnitudes|high rank/.test(variant));

test.each(fitting)('%s acts in a slot as merged', async (_, content) => {
  const { live, merged, inSlots } = await adapted([content], 1);
  expect(inSlots).toBe(1);
  for (const strength of [0, 1, -0.7])
    expect(maxDifference(await live([strength]), await merged([strength]))).toBeLessThan(1e-5);
});

test('some in slots and some built in act as merged', async () => {
  const { live, merged, inSlots } = await adapted(Object.values(variants), 16);
  expect(inSlots).toBe(fitting.length);
  const strengths = Object.keys(variants).map((_, i) => (i % 3 === 1 ? 0 : 0.3 * i - 1));
  expect(maxDifference(await live(strengths), await merged(strengths))).toBeLessThan(5e-5);
});

test('more adapters than slots are refused', async () => {
  const { live } = await adapted([lokr, lokr], 1);
  await expect(live([1, 1])).rejects.toThrow(RangeError);
});

test('all of them stacked act live as merged', async () => {
  const { live, merged } = await layer(...Object.values(variants));
  const strengths = Object.keys(variants).map((_, i) => (i % 3 === 1 ? 0 : 0.3 * i - 1));
  expect(maxDifference(await live(strengths), await merged(strengths))).toBeLessThan(5e-5);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('strength %d is refused', async (strength) => {
  const { live } = await layer(lokr);
  await expect(live([strength])).rejects.toThrow(UserError);
});
