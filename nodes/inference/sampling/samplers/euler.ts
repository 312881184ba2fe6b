import {
  combine,
  eulerStep,
  flowAncestral,
  geometricMean,
  halfLogSnr,
  type Sampler,
  sigmaOfHalfLogSnr,
  stepsOf,
} from './sampler.ts';

/** First order along the probability flow (Karras et al., 2022, without churn). */
export const euler: Sampler = async (x, { sigmas, denoise, onStep }) => {
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    x = eulerStep(x, denoised, sigma, next);
    await onStep(index, denoised, x);
  }
  return x;
};

/** Euler to a lower level, then fresh noise back up. */
export const eulerAncestral: Sampler = async (x, { sigmas, denoise, noise, eta, onStep }) => {
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    const { down, scale, noise: amount } = flowAncestral(sigma, next, eta);
    x = next === 0 ? denoised : eulerStep(x, denoised, sigma, down);
    if (next > 0 && eta > 0) x = combine([scale, x], [amount, noise()]);
    await onStep(index, denoised, x);
  }
  return x;
};

/** Second order through the geometric midpoint, with fresh noise at every step. */
export const dpm2Ancestral: Sampler = async (x, { sigmas, denoise, noise, eta, onStep }) => {
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    const { down, scale, noise: amount } = flowAncestral(sigma, next, eta);
    if (down === 0) x = denoised;
    else {
      const middle = geometricMean(sigma, down);
      const half = eulerStep(x, denoised, sigma, middle);
      const again = await denoise(half, middle, index);
      x = combine([1, x], [(down - sigma) / middle, half], [-(down - sigma) / middle, again]);
      x = combine([scale, x], [amount, noise()]);
    }
    await onStep(index, denoised, x);
  }
  return x;
};

/** A first sigma of 1 has no logarithm of its signal; the inner step is put just below. */
const JUST_BELOW_ONE = 0.9999;

/** Single-step DPM-Solver++ of order two (Lu et al., 2022) with fresh noise at every step. */
export const dpmpp2sAncestral: Sampler = async (x, { sigmas, denoise, noise, eta, onStep }) => {
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    const { down, scale, noise: amount } = flowAncestral(sigma, next, eta);
    if (next === 0) x = eulerStep(x, denoised, sigma, down);
    else {
      const inner =
        sigma === 1 ? JUST_BELOW_ONE : sigmaOfHalfLogSnr((halfLogSnr(sigma) + halfLogSnr(down)) / 2);
      const again = await denoise(eulerStep(x, denoised, sigma, inner), inner, index);
      x = eulerStep(x, again, sigma, down);
      if (eta > 0) x = combine([scale, x], [amount, noise()]);
    }
    await onStep(index, denoised, x);
  }
  return x;
};

/** Jumps to the clean prediction and noises it again to the next level, for consistency models. */
export const lcm: Sampler = async (x, { sigmas, denoise, noise, onStep }) => {
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    x = next > 0 ? combine([1 - next, denoised], [next, noise()]) : denoised;
    await onStep(index, denoised, x);
  }
  return x;
};

/** Ancestral sampling of DDPM (Ho et al., 2020), in variance-preserving coordinates. */
export const ddpm: Sampler = async (x, { sigmas, denoise, noise, onStep }) => {
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    const kept = 1 / (sigma ** 2 + 1);
    const keptNext = 1 / (next ** 2 + 1);
    const alpha = kept / keptNext;
    const scale = Math.sqrt(1 / alpha);
    const towards = (scale * (1 - alpha)) / Math.sqrt(1 - kept) / sigma;
    x = combine([scale / Math.sqrt(1 + sigma ** 2) - towards, x], [towards, denoised]);
    if (next > 0) {
      const amount = Math.sqrt(((1 - alpha) * (1 - keptNext)) / (1 - kept));
      const back = Math.sqrt(1 + next ** 2);
      x = combine([back, x], [back * amount, noise()]);
    }
    await onStep(index, denoised, x);
  }
  return x;
};
