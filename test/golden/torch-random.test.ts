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

interface CudaGolden {
  readonly published_sample_seed0_12: readonly number[];
  readonly small: Record<string, readonly number[]>;
  readonly second_call: Record<string, readonly number[]>;
  readonly large: Record<string, { shape: number[]; seed: string; first64: number[]; last64: number[] }>;
}

describe('PyTorch’s CUDA generator', () => {
  const golden = goldenJson<CudaGolden>('torch-rng/cuda-philox-randn.json');
  const gpu = { multiprocessors: 128, threadsPerMultiprocessor: 1536 };
  const near = (actual: Float32Array, expected: readonly number[]) =>
    expect(maxDifference(actual, Float32Array.from(expected))).toBeLessThan(1e-5);

  it('gives the published sample', () => {
    near(new TorchCudaGenerator(0n, gpu).randn([12]).data, golden.published_sample_seed0_12);
  });

  it.each(Object.keys(golden.small))('seed %s, two calls', (seed) => {
    const generator = new TorchCudaGenerator(BigInt(seed), gpu);
    near(generator.randn([golden.small[seed]!.length]).data, golden.small[seed]!);
    near(generator.randn([golden.second_call[seed]!.length]).data, golden.second_call[seed]!);
  });

  it.each(Object.entries(golden.large))('1024 px on %s', (name, { shape, seed, first64, last64 }) => {
    const [multiprocessors, threadsPerMultiprocessor] = /(\d+) SMs x (\d+)/.exec(name)!.slice(1).map(Number);
    const layout = { multiprocessors: multiprocessors!, threadsPerMultiprocessor: threadsPerMultiprocessor! };
    const { data } = new TorchCudaGenerator(BigInt(seed), layout).randn(shape);
    near(data.subarray(0, 64), first64);
    near(data.subarray(-64), last64);
  });
});
