import { deisWeights } from './deis.ts';
import { combine, derivative, lagrangeIntegrals, type Sampler, type SamplerRun, stepsOf } from './sampler.ts';

/**
 * A linear multistep method: x moves by Σ weight · slope over this step's slope and those before.
 * `weights` gets the index of the step and gives the newest slope's weight first.
 */
const linearMultistep =
  (
    weights: (sigmas: readonly number[], index: number) => readonly number[],
    memory: number,
    endsClean: boolean,
  ): Sampler =>
  async (x, { sigmas, denoise, onStep }) => {
    const slopes: Float32Array[] = [];
    for (const { index, sigma, next } of stepsOf(sigmas)) {
      const denoised = await denoise(x, sigma, index);
      slopes.unshift(derivative(x, sigma, denoised));
      slopes.length = Math.min(slopes.length, memory);
      if (next === 0 && endsClean) x = denoised;
      else {
        const used = weights(sigmas, index);
        x = combine(
          [1, x],
          ...slopes.slice(0, used.length).map((slope, i) => [used[i] ?? 0, slope] as const),
        );
      }
      await onStep(index, denoised, x);
    }
    return x;
  };

/** Adams–Bashforth for uneven steps: the slopes' interpolating polynomial, integrated exactly. */
const unevenAdams =
  (order: number) =>
  (sigmas: readonly number[], index: number): number[] => {
    const used = Math.min(order, index + 1);
    const nodes = Array.from({ length: used }, (_, k) => sigmas[index - k] ?? 0);
    return lagrangeIntegrals(nodes, sigmas[index] ?? 0, sigmas[index + 1] ?? 0);
  };

/** Adams–Bashforth weights for even steps, newest first. */
const EVEN = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
] as const;

const evenAdams = (sigmas: readonly number[], index: number): number[] => {
  const step = (sigmas[index + 1] ?? 0) - (sigmas[index] ?? 0);
  return (EVEN[Math.min(index, 3)] ?? EVEN[0]).map((weight) => weight * step);
};

/**
 * Weights of ComfyUI's ipndm_v, newest first: Adams–Bashforth for uneven steps up to order two, above
 * that with the second correction as that program computes it, so that its pictures come out the same.
 */
function ipndmWeights(sigmas: readonly number[], index: number): number[] {
  const h = (k: number) => (sigmas[index + 1 - k] ?? 0) - (sigmas[index - k] ?? 0);
  const step = h(0);
  if (index === 0) return [step];
  const [h1, h2, h3] = [h(1), h(2), h(3)];
  const weights = [1 + step / h1 / 2, -step / h1 / 2, 0, 0];
  const add = (amount: number, shares: readonly number[]) => {
    for (const [i, share] of shares.entries()) weights[i] = (weights[i] ?? 0) + amount * share;
  };
  if (index >= 2) {
    const second = (1 - ((step / (3 * (step + h1))) * (step * (step + h1))) / (h1 * (h1 + h2))) / 2;
    add(second, [1, -1 - h1 / h2, h1 / h2]);
  }
  if (index >= 3) {
    const third =
      (((1 - step / (3 * (step + h1))) / 2 +
        ((1 - step / (2 * (step + h1))) * step) / (6 * (step + h1 + h2))) *
        (step * (step + h1) * (step + h1 + h2))) /
      (h1 * (h1 + h2) * (h1 + h2 + h3));
    const b = (h1 * (h1 + h2)) / (h2 * (h2 + h3));
    add(third, [1, -1 - h1 / h2 - b, h1 / h2 + b * (1 + h2 / h3), (-b * h1) / h2]);
  }
  return weights.slice(0, index + 1).map((weight) => weight * step);
}

/** Linear multistep of order four (Katherine Crowson's LMS). */
export const lms = linearMultistep(unevenAdams(4), 4, true);
/** iPNDM (Zhang and Chen, 2022): Adams–Bashforth of order four as if steps were even. */
export const ipndm = linearMultistep(evenAdams, 4, true);
/** iPNDM with the weights of uneven steps. */
export const ipndmV = linearMultistep(ipndmWeights, 4, true);
/** tAB-DEIS of order three (Zhang and Chen, 2022). */
export const deis = linearMultistep(deisWeights, 3, false);

/** Euler that leans on how the slope changed since the last step (gamma 2; Permenter and Yuan, 2023). */
export const gradientEstimation: Sampler = async (x, { sigmas, denoise, onStep }) => {
  let before: Float32Array | undefined;
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    const slope = derivative(x, sigma, denoised);
    const step = next - sigma;
    if (next === 0) x = denoised;
    else x = before ? combine([1, x], [2 * step, slope], [-step, before]) : combine([1, x], [step, slope]);
    before = slope;
    await onStep(index, denoised, x);
  }
  return x;
};

/** DPM-Solver++ (2M) (Lu et al., 2022), in −ln sigma. */
export const dpmpp2m: Sampler = async (x, { sigmas, denoise, onStep }) => {
  let before: Float32Array | undefined;
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    let target = denoised;
    if (before && next > 0) {
      const ratio = Math.log((sigmas[index - 1] ?? 1) / sigma) / Math.log(sigma / next);
      target = combine([1 + 1 / (2 * ratio), denoised], [-1 / (2 * ratio), before]);
    }
    x = combine([next / sigma, x], [1 - next / sigma, target]);
    before = denoised;
    await onStep(index, denoised, x);
  }
  return x;
};

/** How a step splits into going down to `down` and adding `up` of noise (variance-exploding form). */
function ancestral(sigma: number, next: number, eta: number): { down: number; up: number } {
  const up = Math.min(next, eta * Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2));
  return { down: Math.sqrt(next ** 2 - up ** 2), up };
}

const exponentialMultistep = async (x: Float32Array, run: SamplerRun, eta: number): Promise<Float32Array> => {
  const { sigmas, denoise, noise, onStep } = run;
  let before: { readonly denoised: Float32Array; readonly down: number } | undefined;
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    const { down, up } = ancestral(sigma, next, eta);
    if (down === 0 || !before) x = combine([down / sigma, x], [1 - down / sigma, denoised]);
    else {
      const h = Math.log(sigma / down);
      const c2 = Math.log(before.down / (sigmas[index - 1] ?? 1)) / h;
      const phi1 = Math.expm1(-h) / -h;
      const phi2 = (phi1 - 1) / -h;
      const [b1, b2] = [phi1 - phi2 / c2, phi2 / c2].map((value) => (Number.isFinite(value) ? value : 0));
      x = combine([Math.exp(-h), x], [h * (b1 ?? 0), denoised], [h * (b2 ?? 0), before.denoised]);
    }
    if (next > 0 && up > 0) x = combine([1, x], [up, noise()]);
    before = { denoised, down };
    await onStep(index, denoised, x);
  }
  return x;
};

/** Exponential multistep of order two (RES; Zhang et al., 2023), in −ln sigma. */
export const resMultistep: Sampler = (x, run) => exponentialMultistep(x, run, 0);
export const resMultistepAncestral: Sampler = (x, run) => exponentialMultistep(x, run, run.eta);
