import { expect, test } from 'vitest';
import { inspectAdapter } from '../../../../nodes/inference/adapters/inspect-adapter.ts';
import { readAdapter } from '../../../../nodes/inference/adapters/read-adapter.ts';
import { readSafetensors } from '../../../../nodes/inference/checkpoints/safetensors.ts';
import { adapterFile } from '../../../support/adapter-files.ts';

const filled = (shape: [number, number], value: number) => ({
  shape,
  values: Array(shape[0] * shape[1]).fill(value) as number[],
});
const weightsFile = (layers: number) =>
  adapterFile(
    Object.fromEntries(
      Array.from({ length: layers }, (_, i) => [`layers.${i}.attention.to_q.weight`, filled([4, 4], 2)]),
    ),
  );

test('modules are described and measured against their weights', async () => {
  const { tensors: weights } = await readSafetensors(await weightsFile(2));
  const file = await adapterFile({
    'layers.0.attention.to_q.lokr_w1': filled([2, 2], 1),
    'layers.0.attention.to_q.lokr_w2': filled([2, 2], 0.5),
    'layers.0.attention.to_q.alpha': { shape: [], values: [9999999999] },
    'layers.1.attention.to_q.lora_A.weight': filled([2, 4], 1),
    'layers.1.attention.to_q.lora_B.weight': filled([4, 2], 1),
    'layers.1.attention.to_q.alpha': { shape: [], values: [1] },
    'other.lora_A.weight': filled([1, 1], 1),
  });
  const progress: string[] = [];
  const report = await inspectAdapter(await readAdapter(file, weights), {
    weights,
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  expect(report.modules).toMatchObject([
    // ‖w1‖ · ‖w2‖ = 2 · 1 against ‖W‖ = 8
    {
      block: 'layers.0',
      family: 'lokr',
      factors: '2×2 ⊗ 2×2',
      rank: undefined,
      scale: 1,
      norm: 2,
      relativeNorm: 0.25,
    },
    // sixteen values of 2 · alpha / rank = 1
    {
      block: 'layers.1',
      family: 'lora',
      factors: '(4×2 · 2×4)',
      rank: 2,
      scale: 0.5,
      norm: 4,
      relativeNorm: 0.5,
    },
  ]);
  expect(report.modules.map(({ dtypes }) => dtypes)).toEqual([['F32'], ['F32']]);
  expect(report.unmatchedKeys).toEqual(['other.lora_A.weight']);
  expect(progress).toEqual(['1/2', '2/2']);
});

test('without a model the norms stand alone', async () => {
  const file = await adapterFile({
    'a.lokr_w1': filled([2, 2], 1),
    'a.lokr_w2': filled([2, 2], 0.5),
  });
  const { modules } = await inspectAdapter(await readAdapter(file, undefined));
  expect(modules).toMatchObject([{ name: 'a', norm: 2, relativeNorm: undefined }]);
});

test('a layer changed far more strongly than the others is pointed out', async () => {
  const { tensors: weights } = await readSafetensors(await weightsFile(5));
  const content = Object.fromEntries(
    [1, 1.1, 0.9, 40, 1].flatMap((value, i) => [
      [`layers.${i}.attention.to_q.lokr_w1`, filled([1, 1], value)],
      [`layers.${i}.attention.to_q.lokr_w2`, filled([4, 4], 0.1)],
    ]),
  );
  const report = await inspectAdapter(await readAdapter(await adapterFile(content), weights), { weights });
  expect(report.notices).toEqual([expect.stringMatching(/1 layer .*"layers\.3\.attention\.to_q"/)]);
});
