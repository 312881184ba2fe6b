import { describe, expect, it } from 'vitest';
import { TorchCudaGenerator } from '../../nodes/inference/sampling/philox.ts';
import { TorchCpuGenerator } from '../../nodes/inference/sampling/torch-random.ts';
import { goldenJson, loadGolden } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';

interface Draw {
  readonly numel: number;
  readonly values?: readonly number[];
  readonly first64?: readonly number[];
  readonly last64?: readonly number[];
  readonly second_call_values?: readonly number[];
}

const shapeOf = (name: string): number[] => name.split(/[x, ]+/).map(Number);

describe('PyTorch’s CPU generator', () => {
  const { randn_float32 } = goldenJson<{ randn_float32: Record<string, Record<string, Draw>> }>(
    'torch-rng/cpu-randn.json',
  );
  const cases = Object.entries(randn_float32).flatMap(([seed, draws]) =>
    Object.entries(draws).map(([shape, draw]) => ({ seed, shape, draw })),
  );
  it.each(cases)('seed $seed, shape $shape', ({ seed, shape, draw }) => {
    const generator = new TorchCpuGenerator(BigInt(seed));
    const { data } = generator.randn(shapeOf(shape));
    expect(data.length).toBe(draw.numel);
    const near = (actual: Float32Array, expected: readonly number[] | undefined) => {
      if (expected) expect(maxDifference(actual, Float32Array.from(expected))).toBeLessThan(5e-6);
    };
    expect(draw.values ?? draw.first64).toBeDefined();
    near(data, draw.values);
    near(data.subarray(0, 64), draw.first64);
    near(data.subarray(-64), draw.last64);
    if (draw.second_call_values) near(generator.randn(shapeOf(shape)).data, draw.second_call_values);
  });

  it('gives the whole of a 256 px latent', async () => {
    const golden = await loadGolden('torch-rng/randn-seed42-1x16x16x16.safetensors');
    const [expected] = golden.values();
    expect(
      maxDifference(new TorchCpuGenerator(42n).randn([1, 16, 16, 16]).data, expected!.data),
    ).toBeLessThan(5e-6);
  });
});
