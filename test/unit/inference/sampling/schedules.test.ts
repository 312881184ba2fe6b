import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { type ScheduleRequest, scheduleNames } from '../../../../nodes/execution/services.ts';
import { computeSigmas } from '../../../../nodes/inference/sampling/schedules.ts';

const sigmasOf = (changes: Partial<ScheduleRequest> = {}) =>
  computeSigmas({ schedule: 'zimage', steps: 8, shift: 3, denoise: 1, ...changes });

describe('computeSigmas', () => {
  it.each([
    { steps: Number.NaN },
    { steps: -1 },
    { steps: 10_001 },
    { steps: Number.POSITIVE_INFINITY },
    { shift: -3 },
    { shift: Number.NaN },
    { denoise: Number.NaN },
    { denoise: -0.5 },
  ])('refuses %o in words', (wrong) => {
    expect(() => sigmasOf(wrong)).toThrow(UserError);
  });

  it('goes down from at most 1 to 0 in float32, whatever the settings', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...scheduleNames),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0.1, max: 20, noNaN: true }),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (schedule, steps, shift, denoise) => {
          const sigmas = sigmasOf({ schedule, steps, shift, denoise });
          expect(sigmas.length).toBeGreaterThanOrEqual(2);
          expect(sigmas[0]).toBeLessThanOrEqual(1);
          expect(sigmas.at(-1)).toBe(0);
          for (const [i, sigma] of sigmas.entries()) {
            expect(Math.fround(sigma)).toBe(sigma);
            if (i > 0) expect(sigma).toBeLessThan(sigmas[i - 1]!);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('below denoise 1 keeps the end of a longer schedule', () => {
    expect(sigmasOf({ steps: 6, denoise: 0.6 })).toEqual(sigmasOf({ steps: 10 }).slice(-7));
  });

  it('drops the level before the last for the samplers that need it, and for no other', () => {
    const longer = sigmasOf({ steps: 9 });
    for (const sampler of ['dpm_2', 'dpm_2_ancestral', 'uni_pc', 'uni_pc_bh2'])
      expect(sigmasOf({ sampler })).toEqual([...longer.slice(0, 8), 0]);
    for (const sampler of ['euler', 'heun', 'dpmpp_2m']) expect(sigmasOf({ sampler })).toEqual(sigmasOf());
  });
});
