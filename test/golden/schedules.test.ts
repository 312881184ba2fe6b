import { describe, expect, it } from 'vitest';
import { type ScheduleName, scheduleNames } from '../../nodes/execution/services.ts';
import { computeSigmas } from '../../nodes/inference/sampling/schedules.ts';
import { goldenJson } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';

const TOLERANCE = 1e-6;
type Table = Record<string, { sigmas: number[] }>;
type ByDenoise = Record<string, Record<string, Record<string, number[]>>>;

const diffusers = goldenJson<{
  zimage_pipeline: Record<'since_v0.39' | 'v0.36_to_v0.38', Table>;
  plain_set_timesteps: Table;
  variants_with_zimage_default_sigmas: Record<string, Table>;
}>('scheduler/diffusers.json');
const comfyui = goldenJson<{
  schedulers: Record<string, ByDenoise>;
  discard_penultimate: Record<string, Record<string, number[]>>;
  shift_6: unknown;
}>('scheduler/comfyui.json');

const sigmasOf = (
  schedule: string,
  steps: number,
  rest: { shift?: number; denoise?: number; sampler?: string } = {},
) => computeSigmas({ schedule: schedule as ScheduleName, steps, shift: 3, denoise: 1, ...rest });

function expectEqual(actual: readonly number[], expected: readonly number[]) {
  expect(maxDifference(Float32Array.from(actual), Float32Array.from(expected))).toBeLessThan(TOLERANCE);
}

describe('schedules equal diffusers', () => {
  const tables: [string, string, Table, number][] = [
    ['the pipeline since 0.39', 'zimage', diffusers.zimage_pipeline['since_v0.39'], 3],
    ['the scheduler by itself', 'scheduler_only', diffusers.plain_set_timesteps, 3],
    ['karras', 'zimage_karras', diffusers.variants_with_zimage_default_sigmas.karras!, 3],
    ['exponential', 'zimage_exponential', diffusers.variants_with_zimage_default_sigmas.exponential!, 3],
    ['beta', 'zimage_beta', diffusers.variants_with_zimage_default_sigmas.beta!, 3],
    ['shift 1', 'zimage', diffusers.variants_with_zimage_default_sigmas.shift1!, 1],
    ['shift 6', 'zimage', diffusers.variants_with_zimage_default_sigmas.shift6!, 6],
  ];
  it.each(tables)('%s', (_name, schedule, table, shift) => {
    for (const [steps, { sigmas }] of Object.entries(table))
      expectEqual(sigmasOf(schedule, Number(steps), { shift }), sigmas);
  });

  it('the pipeline before 0.39, whose last step does nothing', () => {
    for (const [steps, { sigmas }] of Object.entries(diffusers.zimage_pipeline['v0.36_to_v0.38'])) {
      const useful = Number(steps) === 1 ? sigmas : sigmas.slice(0, -1);
      expectEqual(sigmasOf('zimage_0_36', Number(steps)), useful);
    }
  });
});

describe('schedules equal ComfyUI', () => {
  const cases = Object.values(comfyui.schedulers).flatMap((byName) =>
    Object.entries(byName).flatMap(([name, bySteps]) =>
      Object.entries(bySteps).flatMap(([steps, byDenoise]) =>
        Object.entries(byDenoise).map(([denoise, sigmas]) => ({ name, steps, denoise, sigmas })),
      ),
    ),
  );
  it.each(cases)('$name, $steps steps, denoise $denoise', ({ name, steps, denoise, sigmas }) => {
    expectEqual(sigmasOf(name, Number(steps), { denoise: Number(denoise) }), sigmas);
  });

  it('drops the penultimate level for second-order samplers', () => {
    for (const [name, bySampler] of Object.entries(comfyui.discard_penultimate))
      for (const [sampler, sigmas] of Object.entries(bySampler))
        expectEqual(sigmasOf(name, 8, { sampler }), sigmas);
  });

  it('knows every scheduler of the reference', () => {
    for (const name of Object.keys(comfyui.schedulers['multiplier=1']!))
      expect(scheduleNames).toContain(name);
  });
});

describe('schedules refuse', () => {
  it.each([
    [{ steps: 0 }, 'steps'],
    [{ steps: 2.5 }, 'steps'],
    [{ shift: 0 }, 'shift'],
    [{ shift: Number.POSITIVE_INFINITY }, 'shift'],
    [{ denoise: 0 }, 'Denoise'],
    [{ denoise: 1.1 }, 'Denoise'],
  ])('%o', (wrong, word) => {
    expect(() => computeSigmas({ schedule: 'zimage', steps: 8, shift: 3, denoise: 1, ...wrong })).toThrow(
      word,
    );
  });

  it('descend, whatever the settings', () => {
    for (const schedule of scheduleNames)
      for (const steps of [1, 2, 3, 8, 50]) {
        const sigmas = sigmasOf(schedule, steps);
        expect(sigmas.every((sigma, i) => i === 0 || sigma < sigmas[i - 1]!)).toBe(true);
      }
  });
});
