import type { Tensor } from '../../core/tensor.ts';

/** Sinusoid features of the time embedder, the same in every Z-Image model. */
export const TIME_FEATURES = 256;
const MAX_PERIOD = 10_000;

/**
 * [1, 256]: cosines, then sines of t·scale·10000^(−k/128), k = 0 … 127.
 * @param time model time 1 − sigma; 0 is pure noise
 */
export function timeFeatures(time: number, scale: number): Tensor {
  const half = TIME_FEATURES / 2;
  const data = new Float32Array(TIME_FEATURES);
  for (let k = 0; k < half; k++) {
    const frequency = Math.fround(Math.exp((-Math.log(MAX_PERIOD) * k) / half));
    const angle = Math.fround(Math.fround(time * scale) * frequency);
    data[k] = Math.cos(angle);
    data[half + k] = Math.sin(angle);
  }
  return { dims: [1, TIME_FEATURES], data };
}
