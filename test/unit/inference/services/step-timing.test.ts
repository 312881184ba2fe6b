import { afterEach, expect, test, vi } from 'vitest';
import { matmulRate } from '../../../../nodes/inference/ort/matmul-rate.ts';
import { Placement } from '../../../../nodes/inference/services/placement.ts';
import { StepTiming } from '../../../../nodes/inference/services/step-timing.ts';
import { stepFlops } from '../../../../nodes/inference/zimage/step-flops.ts';
import { fullWidth } from '../../../support/synthetic-model.ts';

// Narrow, so that the product it is compared with is measured at once; the feed-forward makes it large.
const config = { ...fullWidth(), dim: 256, heads: 2 };
const DIMS = [1, 16, 128, 128];
const CAPTION_TOKENS = 30;
const FLOPS = stepFlops(config, 4096, 32);

/** Passes of so many seconds, without waiting for them. */
async function passes(...seconds: number[]): Promise<StepTiming> {
  const timing = new StepTiming();
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  for (const each of seconds)
    await timing.measure(async () => {
      now += each * 1000;
    });
  vi.restoreAllMocks();
  return timing;
}
afterEach(() => {
  vi.restoreAllMocks();
});

const summary = async (timing: StepTiming, given = config) => {
  const placement = new Placement('cpu', 1e9);
  const place = await placement.of(new Map(), given);
  return timing.summary(given, DIMS, CAPTION_TOKENS, placement, place);
};
const SENTENCE =
  /^Network passes: (.*), (.*) s each, (.*) s in all\. Arithmetic alone takes at least (.*) s each, (.*) s in all: (.*) TFLOP a pass at (.*) TFLOP\/s/;

test('says what eight passes took beside what arithmetic allows on this device', async () => {
  // The first one loaded the model.
  const told = await summary(await passes(50, 2, 2, 2, 2, 2, 2, 2));
  const [count, pass, all, least, leastOfAll, work, rate] = SENTENCE.exec(told ?? '')!
    .slice(1)
    .map(Number);
  expect([count, pass, all]).toEqual([8, 2, 16]);
  const measured = await matmulRate('cpu', 'float32', config.dim);
  expect(rate! * 1e12).toBeCloseTo(measured, -Math.floor(Math.log10(measured)) + 2);
  expect(work! * 1e12).toBeCloseTo(FLOPS, -Math.floor(Math.log10(FLOPS)) + 2);
  // Every number of the sentence is rounded to three digits: half a percent each.
  expect(Math.abs(least! / (FLOPS / measured) - 1)).toBeLessThan(0.006);
  expect(Math.abs(leastOfAll! / (8 * least!) - 1)).toBeLessThan(0.012);
});

test('counts a single pass, and says nothing of a model that takes no time', async () => {
  expect(await summary(await passes(3))).toMatch(/^Network passes: 1, 3\.00 s each, 3\.00 s in all\. /);
  expect(await summary(await passes(3), { ...config, layers: 1, refinerLayers: 0 })).toBeUndefined();
  expect(await summary(new StepTiming())).toBeUndefined();
});
