import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../nodes/core/tensor.ts';
import { samplerChoices } from '../../nodes/execution/services.ts';
import { samplers } from '../../nodes/inference/sampling/samplers/index.ts';
import { TorchCpuGenerator } from '../../nodes/inference/sampling/torch-random.ts';
import { goldenJson, loadGolden, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';

interface Run {
  readonly sigmas: readonly number[];
  readonly sigma_calls: readonly number[];
}

const TOLERANCE = 2e-5;
const { runs, seed } = goldenJson<{ runs: Record<string, Run>; seed: number }>(
  'samplers-analytic/cases.json',
);

describe('samplers equal ComfyUI', () => {
  let golden: Map<string, Tensor>;
  beforeAll(async () => {
    golden = await loadGolden('samplers-analytic/cases.safetensors');
  });

  /** Runs a sampler on the analytic model of the reference. */
  async function run(name: string, sigmas: readonly number[], eta: number) {
    const m = pick(golden, 'denoiser.m').data;
    const noise = pick(golden, 'noise');
    const latent = pick(golden, 'latent').data;
    const isFull = sigmas[0] === 1;
    const [first = 1] = sigmas;
    const start = noise.data.map((value, i) => first * value + (isFull ? 0 : (1 - first) * latent[i]!));
    const generator = new TorchCpuGenerator(BigInt(seed) + 1n);
    const calls: number[] = [];
    const steps: { denoised: Float32Array; x: Float32Array }[] = [];
    const sampler = samplers[name as keyof typeof samplers];
    const result = await sampler(start, {
      sigmas,
      eta,
      shift: 3,
      noise: () => generator.randn(noise.dims).data,
      denoise: async (x, s) => {
        calls.push(s);
        const k = ((1 - s) * 0.36) / ((1 - s) ** 2 * 0.36 + s ** 2);
        return x.map((value, i) => m[i]! + k * (value - (1 - s) * m[i]!) + 0.05 * s * Math.sin(3 * value));
      },
      onStep: async (_index, denoised, x) => {
        steps.push({ denoised, x });
      },
    });
    return { result, calls, steps };
  }

  it('has every sampler of the reference', () => {
    const names = new Set(Object.keys(runs).map((key) => key.split('.')[0]));
    expect([...names].sort()).toEqual(samplerChoices.map(({ value }) => value).toSorted());
  });

  const cases = Object.entries(runs).filter(([key]) => key.includes('img'));
  it.each(cases)('%s', async (key, { sigmas, sigma_calls }) => {
    const [name = ''] = key.split('.');
    const { result, calls, steps } = await run(name, sigmas, 1);
    expect(maxDifference(Float32Array.from(calls), Float32Array.from(sigma_calls))).toBeLessThan(1e-5);
    expect(maxDifference(result, pick(golden, `${key}.final`).data)).toBeLessThan(TOLERANCE);
    const expected = golden.get(`${key}.denoised`);
    if (expected)
      for (const [i, { denoised }] of steps.entries())
        expect(
          maxDifference(denoised, expected.data.subarray(i * denoised.length, (i + 1) * denoised.length)),
        ).toBeLessThan(TOLERANCE);
  });

  it.each([0, 0.5])('euler_ancestral with eta %s', async (eta) => {
    const sigmas = runs['euler_ancestral.txt2img']!.sigmas;
    const { result } = await run('euler_ancestral', sigmas, eta);
    expect(
      maxDifference(result, pick(golden, `euler_ancestral.eta${eta.toFixed(1)}.final`).data),
    ).toBeLessThan(TOLERANCE);
  });
});
