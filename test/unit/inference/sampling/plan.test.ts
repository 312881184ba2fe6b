import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { samplerChoices } from '../../../../nodes/execution/services.ts';
import {
  buildPlan,
  type PlanRun,
  type PlanSettings,
  type PlanStep,
  runPlan,
} from '../../../../nodes/inference/sampling/plan.ts';
import { TorchCpuGenerator } from '../../../../nodes/inference/sampling/torch-random.ts';
import { maxDifference } from '../../../support/max-difference.ts';

const SIGMAS = [1, 0.75, 0.5, 0.25, 0];
const DIMS = [1, 2, 2, 4];
const NOISE = new TorchCpuGenerator(5n).randn(DIMS).data;
const LATENT = new TorchCpuGenerator(6n).randn(DIMS).data;
/** The clean picture of a model that always predicts the same one. */
const TARGET = new TorchCpuGenerator(7n).randn(DIMS).data;

const plan = (changes: Partial<PlanSettings> = {}) =>
  buildPlan({
    sampler: { name: 'euler' },
    sigmas: SIGMAS,
    seed: 0n,
    shift: 3,
    guidance: 1,
    guidanceTruncation: 1,
    ...changes,
  });

const towardsTarget = async (x: Float32Array, sigma: number) =>
  x.map((value, i) => (value - TARGET[i]!) / sigma);

interface Call {
  readonly x: Float32Array;
  readonly sigma: number;
  readonly step: PlanStep;
  readonly branch: 'positive' | 'negative';
}

/** Runs a plan and keeps what the model was asked. */
async function run(settings: Partial<PlanSettings> = {}, changes: Partial<PlanRun> = {}) {
  const calls: Call[] = [];
  const steps: { index: number; sigma: number; denoised: Float32Array }[] = [];
  const { velocity = towardsTarget, ...rest } = changes;
  const result = await runPlan(plan(settings), {
    dims: DIMS,
    noise: NOISE,
    latent: LATENT,
    guidanceNormalization: 0,
    signal: new AbortController().signal,
    onStep: (step) => {
      steps.push(step);
    },
    velocity: (x, sigma, step, branch) => {
      calls.push({ x: x.slice(), sigma, step, branch });
      return velocity(x, sigma, step, branch);
    },
    ...rest,
  });
  return { result, calls, steps };
}

/** A model of constant velocity per branch: one Euler run from 1 to 0 moves every value by minus it. */
const constant =
  (positive: number, negative: number): PlanRun['velocity'] =>
  async (x, _sigma, _step, branch) =>
    x.map(() => (branch === 'positive' ? positive : negative));
const moved = (result: Float32Array) => result.map((value, i) => NOISE[i]! - value);

describe('buildPlan', () => {
  const refusal = (changes: Partial<PlanSettings>): UserError => {
    try {
      plan(changes);
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
    throw new Error('The plan was accepted.');
  };

  it.each(['eulr', '', 'toString', '__proto__'])(
    'refuses the sampler “%s” and names those there are',
    (name) => {
      const error = refusal({ sampler: { name } });
      expect(error.message).toContain(`“${name}”`);
      for (const { value } of samplerChoices) expect(error.hint).toContain(value);
    },
  );

  it.each([
    ['no level', [], 'no step'],
    ['a single level', [1], 'no step'],
    ['a rise', [1, 0.5, 0.6, 0], '0.6 comes after 0.5'],
    ['a repeat', [1, 0.5, 0.5, 0], '0.5 comes after 0.5'],
    ['more than 1', [1.1, 0], '1.1 lies outside'],
    ['less than 0', [1, -0.1], '-0.1 lies outside'],
    ['not a number', [1, Number.NaN, 0], 'NaN lies outside'],
  ])('refuses levels with %s', (_name, sigmas, words) => {
    expect(refusal({ sigmas }).message).toContain(words);
  });

  it('drops guidance where the model time is above the truncation, not at it', () => {
    const guidances = (guidanceTruncation: number) =>
      plan({ guidance: 4, guidanceTruncation }).steps.map((step) => step.guidance);
    expect(guidances(1)).toEqual([4, 4, 4, 4]);
    expect(guidances(0.5)).toEqual([4, 4, 4, 1]);
    expect(guidances(0.4)).toEqual([4, 4, 1, 1]);
    expect(guidances(0)).toEqual([4, 1, 1, 1]);
  });

  it('gives every step what its route says, and the bare first network without one', () => {
    const at = (model: number, strength: number) => ({ model, adapterStrengths: [{ strength }] });
    const route = [at(0, 1), at(1, 0.5), at(1, 0), at(0, 2)];
    expect(plan({ route }).steps.map(({ guidance: _, ...rest }) => rest)).toEqual(route);
    expect(plan().steps).toEqual(Array(4).fill({ guidance: 1, model: 0, adapterStrengths: [] }));
  });
});

describe('where a run starts and ends', () => {
  it('starts at the bare noise when the first level is 1', async () => {
    const { calls } = await run();
    expect(calls[0]!.x).toEqual(NOISE);
  });

  it('lays the noise over the latent below that', async () => {
    const { calls } = await run({ sigmas: [0.6, 0.3, 0] });
    const expected = NOISE.map((value, i) => 0.6 * value + 0.4 * LATENT[i]!);
    expect(maxDifference(calls[0]!.x, expected)).toBeLessThan(1e-6);
    expect(calls[0]!.sigma).toBe(0.6);
  });

  it('divides by 1 − the last level where that is not 0', async () => {
    const { result } = await run({ sigmas: [1, 0.5] });
    // Euler halves the noise and fills in half of the target.
    const expected = NOISE.map((value, i) => (0.5 * value + 0.5 * TARGET[i]!) / 0.5);
    expect(maxDifference(result, expected)).toBeLessThan(1e-6);
  });

  it('reports every step with the level it reached and the clean prediction', async () => {
    const { steps } = await run();
    expect(steps.map(({ index, sigma }) => [index, sigma])).toEqual([
      [0, 0.75],
      [1, 0.5],
      [2, 0.25],
      [3, 0],
    ]);
    for (const { denoised } of steps) expect(maxDifference(denoised, TARGET)).toBeLessThan(1e-6);
  });
});

describe('guidance in a run', () => {
  it('at 1 never asks for the negative', async () => {
    const { calls } = await run({ guidance: 1 });
    expect(calls.map(({ branch }) => branch)).toEqual(['positive', 'positive', 'positive', 'positive']);
  });

  it('asks for both branches with the same input, and combines them', async () => {
    const { result, calls } = await run({ guidance: 3 }, { velocity: constant(2, 1) });
    expect(calls.map(({ branch }) => branch).join()).toBe(
      Array.from(SIGMAS.slice(1), () => 'positive,negative').join(),
    );
    for (let i = 0; i < calls.length; i += 2) expect(calls[i]!.x).toEqual(calls[i + 1]!.x);
    for (const value of moved(result)) expect(value).toBeCloseTo(4, 5);
  });

  it('stops asking for the negative once it is truncated', async () => {
    const { calls } = await run({ guidance: 3, guidanceTruncation: 0.3 });
    expect(calls.filter(({ branch }) => branch === 'negative').map(({ sigma }) => sigma)).toEqual([1, 0.75]);
  });

  it('is held to the length of the positive by normalisation', async () => {
    const changes = { velocity: constant(1, -1), guidanceNormalization: 1.5 };
    const { result } = await run({ guidance: 5 }, changes);
    for (const value of moved(result)) expect(value).toBeCloseTo(1.5, 5);
  });

  it('is normalised per image of the batch', async () => {
    // The second image agrees with its negative, so that nothing of it may change.
    const half = NOISE.length / 2;
    const velocity: PlanRun['velocity'] = async (x, _sigma, _step, branch) =>
      x.map((_, i) => (i >= half ? 8 : branch === 'positive' ? 1 : -1));
    const changes = { velocity, guidanceNormalization: 1, dims: [2, 1, 2, 4] };
    const { result } = await run({ guidance: 5 }, changes);
    for (const [i, value] of moved(result).entries()) expect(value).toBeCloseTo(i < half ? 1 : 8, 4);
  });
});

describe('live settings', () => {
  const strengthOf = (call: Call) => call.step.adapterStrengths[0]?.strength;
  const step = (strength: number, guidance = 1): PlanStep => ({
    guidance,
    model: 0,
    adapterStrengths: [{ strength }],
  });

  it('take effect at the next step', async () => {
    let strength = 1;
    const { calls } = await run(
      {},
      {
        stepAt: () => step(strength),
        onStep: ({ index }) => {
          if (index === 1) strength = 0.25;
        },
      },
    );
    expect(calls.map(strengthOf)).toEqual([1, 1, 0.25, 0.25]);
  });

  it('take effect at the next model call of a step that makes several', async () => {
    let made = 0;
    const { calls } = await run(
      { sampler: { name: 'heun' }, sigmas: [1, 0.5, 0] },
      { stepAt: () => step(made++) },
    );
    expect(calls.map(strengthOf)).toEqual([0, 1, 2]);
  });

  it('can switch the negative on in mid-run', async () => {
    const { calls } = await run({}, { stepAt: (index) => step(1, index < 2 ? 1 : 2) });
    expect(calls.filter(({ branch }) => branch === 'negative').map(({ sigma }) => sigma)).toEqual([
      0.5, 0.25,
    ]);
  });

  it('default to those of the plan', async () => {
    const route = [0.1, 0.2, 0.3, 0.3].map((strength) => step(strength));
    const { calls } = await run({ route });
    expect(calls.map(strengthOf)).toEqual([0.1, 0.2, 0.3, 0.3]);
  });
});

describe('cancelling', () => {
  const reason = new Error('stopped by the user');

  it('before the run asks the model nothing', async () => {
    let asked = 0;
    const velocity: PlanRun['velocity'] = async (x) => {
      asked++;
      return x;
    };
    await expect(run({}, { velocity, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(asked).toBe(0);
  });

  it('between the two branches leaves the negative out', async () => {
    const controller = new AbortController();
    const branches: string[] = [];
    const velocity: PlanRun['velocity'] = async (x, _sigma, _step, branch) => {
      branches.push(branch);
      controller.abort(reason);
      return x;
    };
    await expect(run({ guidance: 2 }, { velocity, signal: controller.signal })).rejects.toBe(reason);
    expect(branches).toEqual(['positive']);
  });

  it('in the last step gives no result either', async () => {
    const controller = new AbortController();
    const onStep: PlanRun['onStep'] = ({ index }) => {
      if (index === SIGMAS.length - 2) controller.abort(reason);
    };
    await expect(run({}, { onStep, signal: controller.signal })).rejects.toBe(reason);
  });

  it('gets through as a message although the model never leaves its thread', async () => {
    const controller = new AbortController();
    const { port1, port2 } = new MessageChannel();
    port2.on('message', () => controller.abort(reason));
    const sigmas = Array.from({ length: 2001 }, (_, i) => 1 - i / 2000);
    let steps = 0;
    const onStep = () => {
      if (++steps === 3) port1.postMessage('cancel');
    };
    await expect(run({ sigmas }, { onStep, signal: controller.signal })).rejects.toBe(reason);
    expect(steps).toBeLessThan(2000);
    port1.close();
  });

  it('a failing model ends the run with its own error', async () => {
    const velocity = () => Promise.reject(new Error('out of memory'));
    await expect(run({}, { velocity })).rejects.toThrow('out of memory');
  });
});

describe('fresh noise', () => {
  /** What lcm adds at its first step, x = (1 − σ) · target + σ · fresh. */
  async function freshNoise(seed: bigint) {
    const { calls } = await run({ sampler: { name: 'lcm' }, sigmas: [1, 0.5, 0], seed });
    return calls[1]!.x.map((value, i) => (value - 0.5 * TARGET[i]!) / 0.5);
  }

  it('comes from PyTorch’s CPU generator at the seed + 1', async () => {
    const expected = new TorchCpuGenerator(124n).randn(DIMS).data;
    expect(maxDifference(await freshNoise(123n), expected)).toBeLessThan(1e-5);
  });

  it('wraps round after the largest seed', async () => {
    const expected = new TorchCpuGenerator(0n).randn(DIMS).data;
    expect(maxDifference(await freshNoise(2n ** 64n - 1n), expected)).toBeLessThan(1e-5);
  });
});

describe.each(samplerChoices.map(({ value }) => value))('%s', (name) => {
  it('reaches a picture the model is sure of', async () => {
    const { result } = await run({ sampler: { name } });
    // uni_pc ends at a level of 0.001, not 0, as its reference does.
    expect(maxDifference(result, TARGET)).toBeLessThan(5e-3);
  });

  it('takes its steps in order and leaves its input alone', async () => {
    const noise = NOISE.slice();
    const { steps } = await run({ sampler: { name } }, { noise });
    expect(steps.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(noise).toEqual(NOISE);
  });

  it('copes with a single step', async () => {
    const { result } = await run({ sampler: { name }, sigmas: [1, 0] });
    expect(maxDifference(result, TARGET)).toBeLessThan(5e-3);
  });

  it('gives the same twice, starting from a latent', async () => {
    const settings = { sampler: { name }, sigmas: [0.7, 0.4, 0.2, 0] };
    const [first, second] = [await run(settings), await run(settings)];
    expect(first.result.every(Number.isFinite)).toBe(true);
    expect(first.result).toEqual(second.result);
  });

  it('stays finite where the schedule ends above 0', async () => {
    const { result } = await run({ sampler: { name }, sigmas: [1, 0.8, 0.5, 0.3] });
    expect(result.every(Number.isFinite)).toBe(true);
  });
});
