import { describe, expect, it } from 'vitest';
import type { ScheduleName } from '../../nodes/execution/services.ts';
import { MersenneTwister } from '../../nodes/inference/sampling/mersenne-twister.ts';
import { TorchCudaGenerator } from '../../nodes/inference/sampling/philox.ts';
import { samplers } from '../../nodes/inference/sampling/samplers/index.ts';
import { computeSigmas } from '../../nodes/inference/sampling/schedules.ts';
import { TorchCpuGenerator } from '../../nodes/inference/sampling/torch-random.ts';
import { goldenJson, loadGolden, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';

const expectNear = (actual: Float32Array, expected: readonly number[] | Float32Array, tolerance: number) =>
  expect(maxDifference(actual, Float32Array.from(expected))).toBeLessThan(tolerance);

interface Draw {
  readonly sum?: number;
  readonly sumsq?: number;
}

const cpu = goldenJson<{
  randn_float32: Record<string, Record<string, Draw>>;
  mixed_calls: Record<string, number[][]>;
  random_int_below_2pow31_first8: Record<string, number[]>;
  rand_float32_first8: Record<string, number[]>;
}>('torch-rng/cpu-randn.json');

describe('streams of PyTorch’s CPU generator', () => {
  it.each(Object.entries(cpu.random_int_below_2pow31_first8))('engine, seed %s', (seed, expected) => {
    const engine = new MersenneTwister(Number(seed));
    expect(expected.map(() => engine.next() % 2 ** 31)).toEqual(expected);
  });

  it.each(Object.entries(cpu.rand_float32_first8))('24-bit uniforms, seed %s', (seed, expected) => {
    const engine = new MersenneTwister(Number(seed));
    const actual = Float32Array.from(expected, () => (engine.next() & 0xff_ffff) / 2 ** 24);
    expectNear(actual, expected, 1e-8);
  });

  it('small and large draws in turn share one stream and one spare value', () => {
    const [[name, expected]] = Object.entries(cpu.mixed_calls) as [[string, number[][]]];
    expect(name).toBe('seed7: randn(3), randn(5), randn(16), randn(2), rand(4), randn(1)');
    const generator = new TorchCpuGenerator(7n);
    // The first four calls; there is no `rand` to go on with.
    for (const values of expected.slice(0, 4)) {
      expectNear(generator.randn([values.length]).data, values, 5e-6);
    }
  });

  const large = Object.entries(cpu.randn_float32).flatMap(([seed, draws]) =>
    Object.entries(draws).flatMap(([shape, { sum, sumsq }]) =>
      sum === undefined || sumsq === undefined ? [] : [{ seed, shape, sum, sumsq }],
    ),
  );
  it.each(large)('all values of seed $seed, $shape, by their sums', ({ seed, shape, sum, sumsq }) => {
    const { data } = new TorchCpuGenerator(BigInt(seed)).randn(shape.split('x').map(Number));
    expect(Math.abs(data.reduce((total, value) => total + value, 0) - sum)).toBeLessThan(0.02);
    expect(Math.abs(data.reduce((total, value) => total + value * value, 0) - sumsq)).toBeLessThan(0.1);
  });
});

interface LargeCuda {
  readonly shape: number[];
  readonly seed: string;
  readonly total_threads: number;
  readonly at_total_threads: number[] | null;
  readonly sum: number;
  readonly sumsq: number;
}

describe('streams of PyTorch’s CUDA generator', () => {
  const { large } = goldenJson<{ large: Record<string, LargeCuda> }>('torch-rng/cuda-philox-randn.json');
  it.each(Object.entries(large))('1024 px on %s, where threads start over', (name, expected) => {
    const [multiprocessors = 0, threadsPerMultiprocessor = 0] = /(\d+) SMs x (\d+)/
      .exec(name)!
      .slice(1)
      .map(Number);
    const gpu = { multiprocessors, threadsPerMultiprocessor };
    const { data } = new TorchCudaGenerator(BigInt(expected.seed), gpu).randn(expected.shape);
    const { at_total_threads: again, total_threads: threads } = expected;
    if (again) expectNear(data.subarray(threads, threads + again.length), again, 1e-5);
    expect(Math.abs(data.reduce((total, value) => total + value, 0) - expected.sum)).toBeLessThan(0.02);
    expect(Math.abs(data.reduce((total, value) => total + value * value, 0) - expected.sumsq)).toBeLessThan(
      0.1,
    );
  });
});

describe('schedules of a model of shift 6 equal ComfyUI', () => {
  const { shift_6 } = goldenJson<{ shift_6: Record<string, Record<string, number[]>> }>(
    'scheduler/comfyui.json',
  );
  const cases = Object.entries(shift_6).flatMap(([name, bySteps]) =>
    Object.entries(bySteps).map(([steps, sigmas]) => ({ name, steps: Number(steps), sigmas })),
  );
  it.each(cases)('$name, $steps steps', ({ name, steps, sigmas }) => {
    const actual = computeSigmas({ schedule: name as ScheduleName, steps, shift: 6, denoise: 1 });
    expectNear(Float32Array.from(actual), sigmas, 1e-6);
  });
});

describe('samplers equal ComfyUI at every step', async () => {
  const golden = await loadGolden('samplers-analytic/cases.safetensors');
  const { runs, seed } = goldenJson<{ runs: Record<string, { sigmas: number[] }>; seed: number }>(
    'samplers-analytic/cases.json',
  );
  const cases = Object.keys(runs).filter((key) => golden.has(`${key}.x`));
  it('for the samplers whose trajectory is known', () => {
    expect(new Set(cases.map((key) => key.split('.')[0])).size).toBe(6);
  });

  it.each(cases)('%s', async (key) => {
    const [name = ''] = key.split('.');
    const { sigmas } = runs[key]!;
    const [first = 1] = sigmas;
    const noise = pick(golden, 'noise');
    const latent = pick(golden, first === 1 ? 'noise' : 'latent').data;
    const m = pick(golden, 'denoiser.m').data;
    const expected = pick(golden, `${key}.x`);
    const size = noise.data.length;
    const generator = new TorchCpuGenerator(BigInt(seed) + 1n);
    let compared = 0;
    await samplers[name as keyof typeof samplers](
      noise.data.map((value, i) => first * value + (1 - first) * latent[i]!),
      {
        sigmas,
        eta: 1,
        shift: 3,
        noise: () => generator.randn(noise.dims).data,
        denoise: async (x, s) => {
          const k = ((1 - s) * 0.36) / ((1 - s) ** 2 * 0.36 + s ** 2);
          return x.map((value, i) => m[i]! + k * (value - (1 - s) * m[i]!) + 0.05 * s * Math.sin(3 * value));
        },
        onStep: async (index, _denoised, x) => {
          // The reference's x is that before its step: the one after ours belongs to the next.
          const at = (index + 1) * size;
          if (at === expected.data.length) return;
          expectNear(x, expected.data.subarray(at, at + size), 2e-5);
          compared++;
        },
      },
    );
    expect(compared).toBe(sigmas.length - 2);
  });
});
