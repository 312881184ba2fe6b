import { combine, derivative, eulerStep, geometricMean, type Sampler, stepsOf } from './sampler.ts';

/** Second order: the mean of the slopes at both ends (Karras et al., 2022). */
export const heun: Sampler = async (x, { sigmas, denoise, onStep }) => {
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    if (next === 0) x = eulerStep(x, denoised, sigma, next);
    else {
      const slope = derivative(x, sigma, denoised);
      const end = combine([1, x], [next - sigma, slope]);
      const endSlope = derivative(end, next, await denoise(end, next, index));
      x = combine([1, x], [(next - sigma) / 2, slope], [(next - sigma) / 2, endSlope]);
    }
    await onStep(index, denoised, x);
  }
  return x;
};

/** Heun with slopes at up to three levels, weighted towards the noisier ones. */
export const heunpp2: Sampler = async (x, { sigmas, denoise, onStep }) => {
  const [first = 1] = sigmas;
  const last = sigmas.at(-1) ?? 0;
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    const slope = derivative(x, sigma, denoised);
    const step = next - sigma;
    if (next === last) x = combine([1, x], [step, slope]);
    else {
      const afterNext = sigmas[index + 2] ?? last;
      const end = combine([1, x], [step, slope]);
      const endSlope = derivative(end, next, await denoise(end, next, index));
      if (afterNext === last) {
        const weight = next / (2 * first);
        x = combine([1, x], [step * (1 - weight), slope], [step * weight, endSlope]);
      } else {
        const further = combine([1, end], [afterNext - next, endSlope]);
        const furtherSlope = derivative(further, afterNext, await denoise(further, afterNext, index));
        const weightEnd = next / (3 * first);
        const weightFurther = afterNext / (3 * first);
        x = combine(
          [1, x],
          [step * (1 - weightEnd - weightFurther), slope],
          [step * weightEnd, endSlope],
          [step * weightFurther, furtherSlope],
        );
      }
    }
    await onStep(index, denoised, x);
  }
  return x;
};

/** Second order through the geometric midpoint (Karras et al., 2022). */
export const dpm2: Sampler = async (x, { sigmas, denoise, onStep }) => {
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    if (next === 0) x = eulerStep(x, denoised, sigma, next);
    else {
      const middle = geometricMean(sigma, next);
      const half = eulerStep(x, denoised, sigma, middle);
      x = combine([1, x], [next - sigma, derivative(half, middle, await denoise(half, middle, index))]);
    }
    await onStep(index, denoised, x);
  }
  return x;
};
