import { UserError } from '../../core/errors.ts';
import type { SamplerChoice, Sigmas } from '../../core/values.ts';
import { guide } from './guidance.ts';
import type { StepModel } from './model-route.ts';
import { samplers } from './samplers/index.ts';
import { combine, type Sampler } from './samplers/sampler.ts';
import { TorchCpuGenerator } from './torch-random.ts';

/** What one step of a run is made with. */
export interface PlanStep extends StepModel {
  /** `negative + guidance · (positive − negative)`; 1 = the negative is not run. */
  readonly guidance: number;
}

/** A whole run as data: any sampler, any schedule, every step with its own settings. */
export interface SamplerPlan {
  readonly sampler: SamplerChoice;
  /** n + 1 noise levels for n steps. */
  readonly sigmas: Sigmas;
  readonly steps: readonly PlanStep[];
  /** Seed of the noise; stochastic samplers draw theirs from this seed + 1, as ComfyUI does. */
  readonly seed: bigint;
  /** Flow shift of the model. */
  readonly shift: number;
}

export interface PlanSettings {
  readonly sampler: SamplerChoice;
  readonly sigmas: Sigmas;
  readonly seed: bigint;
  readonly shift: number;
  readonly guidance: number;
  /** Guidance is off while the model time 1 − sigma is above this (`cfg_truncation`). */
  readonly guidanceTruncation: number;
  /** What runs each step; the first network without adapters where nothing is said. */
  readonly route?: readonly StepModel[];
}

/** @throws UserError for a sampler that does not exist or levels that do not go down */
export function buildPlan(settings: PlanSettings): SamplerPlan {
  const { sampler, sigmas, seed, shift, guidance, guidanceTruncation, route = [] } = settings;
  samplerCalled(sampler.name);
  if (sigmas.length < 2)
    throw new UserError('The step schedule holds no step.', { hint: 'Give it at least one step.' });
  for (const [i, sigma] of sigmas.entries()) {
    const before = sigmas[i - 1];
    if (!(sigma >= 0 && sigma <= 1)) throw new UserError(`The noise level ${sigma} lies outside 0 to 1.`);
    if (before !== undefined && sigma >= before)
      throw new UserError(`The noise levels must go down: ${sigma} comes after ${before}.`, {
        hint: 'Use fewer steps, a higher denoise, or another schedule.',
      });
  }
  const steps = sigmas.slice(0, -1).map((sigma, i) => ({
    guidance: 1 - sigma > guidanceTruncation ? 1 : guidance,
    ...(route[i] ?? { model: 0, adapterStrengths: [] }),
  }));
  return { sampler, sigmas, steps, seed, shift };
}

export interface PlanRun {
  /** [batch, ...] of the latents. */
  readonly dims: readonly number[];
  /** Standard normal values. */
  readonly noise: Float32Array;
  /** What the noise is laid over where the first level is below 1. */
  readonly latent: Float32Array;
  readonly guidanceNormalization: number;
  /** dx/dsigma as the model predicts it. `step` may change between calls: live strengths arrive this way. */
  readonly velocity: (
    x: Float32Array,
    sigma: number,
    step: PlanStep,
    branch: 'positive' | 'negative',
  ) => Promise<Float32Array>;
  /** Settings of a step at the moment it is computed; by default those of the plan. */
  readonly stepAt?: (index: number) => PlanStep;
  readonly signal: AbortSignal;
  /** Told after every step; a promise it gives is waited for. */
  readonly onStep: (step: {
    readonly index: number;
    readonly sigma: number;
    readonly denoised: Float32Array;
  }) => unknown;
}

/**
 * Executes any plan. Starts at sigma₀ · noise + (1 − sigma₀) · latent; clean prediction x − sigma · velocity.
 * @returns the sample, divided by 1 − (last level) where the schedule does not end at 0
 * @throws what `signal` was aborted with, between model calls
 */
export async function runPlan(plan: SamplerPlan, run: PlanRun): Promise<Float32Array> {
  const { dims, noise, latent, guidanceNormalization, velocity, signal, onStep } = run;
  const { sigmas, sampler, seed, shift } = plan;
  const stepAt = run.stepAt ?? ((index: number) => plan.steps[index]);
  const first = sigmas[0] ?? 1;
  const last = sigmas.at(-1) ?? 0;
  const isFull = first >= 1;
  const start = noise.slice();
  if (!isFull)
    for (let i = 0; i < start.length; i++)
      start[i] = first * (noise[i] ?? 0) + (1 - first) * (latent[i] ?? 0);
  const generator = new TorchCpuGenerator(BigInt.asUintN(64, seed + 1n));

  const predict = async (x: Float32Array, sigma: number, index: number): Promise<Float32Array> => {
    signal.throwIfAborted();
    const step = stepAt(index);
    if (!step) throw new Error(`The plan has no step ${index}.`);
    const positive = await velocity(x, sigma, step, 'positive');
    if (step.guidance === 1) return positive;
    signal.throwIfAborted();
    const negative = await velocity(x, sigma, step, 'negative');
    return guide(positive, negative, step.guidance, guidanceNormalization, dims[0] ?? 1);
  };

  const sample = await samplerCalled(sampler.name)(start, {
    sigmas,
    eta: sampler.eta ?? 1,
    shift,
    noise: () => generator.randn(dims).data,
    denoise: async (x, sigma, index) => combine([1, x], [-sigma, await predict(x, sigma, index)]),
    onStep: async (index, denoised) => {
      await onStep({ index, sigma: sigmas[index + 1] ?? 0, denoised });
      // A model call blocks its thread; here messages get through, a cancel among them.
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  signal.throwIfAborted();
  return last === 0 ? sample : sample.map((value) => value / (1 - last));
}

function samplerCalled(name: string): Sampler {
  const sampler = Object.hasOwn(samplers, name) ? samplers[name as keyof typeof samplers] : undefined;
  if (sampler) return sampler;
  throw new UserError(`There is no sampler “${name}”.`, {
    hint: `Choose one of ${Object.keys(samplers).join(', ')}.`,
  });
}
