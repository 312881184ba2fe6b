/** How new samples are made from old ones; `lanczos` has three lobes. */
export type ResampleMethod = 'nearest' | 'linear' | 'cubic' | 'lanczos';

interface Kernel {
  readonly radius: number;
  readonly weight: (distance: number) => number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const KERNELS: Readonly<Record<Exclude<ResampleMethod, 'nearest'>, Kernel>> = {
  linear: { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys' cubic convolution with a = -1/2.
  cubic: {
    radius: 2,
    weight: (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    },
  },
  lanczos: { radius: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** For each new sample, where its old ones start and their weights (summing to 1). */
interface Tap {
  readonly start: number;
  readonly weights: Float64Array;
}

/**
 * Sample centres lie at half-integers (align_corners = false), as in Pillow and PyTorch. With
 * `antialias` the kernel widens by the shrink factor, as Pillow's does; without, PyTorch's `interpolate`.
 */
function tapsOf(from: number, to: number, method: ResampleMethod, antialias: boolean): Tap[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    if (method === 'nearest')
      return { start: Math.min(from - 1, Math.floor(centre)), weights: Float64Array.of(1) };
    const { radius, weight } = KERNELS[method];
    const stretch = antialias ? Math.max(scale, 1) : 1;
    const first = Math.floor(centre - radius * stretch);
    const last = Math.ceil(centre + radius * stretch);
    const start = Math.max(0, first);
    const weights = new Float64Array(Math.min(from, last) - start);
    for (let k = 0; k < weights.length; k++) weights[k] = weight((start + k + 0.5 - centre) / stretch);
    const sum = weights.reduce((total, value) => total + value, 0);
    return { start, weights: weights.map((value) => value / sum) };
  });
}

/** Resamples the middle axis of row-major [outer, from, inner] to [outer, to, inner]. */
function resampleAxis(data: Float32Array, inner: number, from: number, taps: readonly Tap[]): Float32Array {
  const outer = data.length / (from * inner);
  const result = new Float32Array(outer * taps.length * inner);
  const line = new Float64Array(inner);
  let write = 0;
  for (let o = 0; o < outer; o++)
    for (const { start, weights } of taps) {
      line.fill(0);
      let read = (o * from + start) * inner;
      for (const weight of weights)
        for (let c = 0; c < inner; c++) line[c] = (line[c] ?? 0) + weight * (data[read++] ?? 0);
      result.set(line, write);
      write += inner;
    }
  return result;
}

/** Row-major samples [batch, height, width, inner]; planes are a batch with `inner` 1. */
export interface Grid {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly inner: number;
}

/** Resamples both sides, widths first; a side that keeps its length is left alone. */
export function resample(
  { data, height, width, inner }: Grid,
  to: { readonly width: number; readonly height: number },
  method: ResampleMethod,
  antialias: boolean,
): Float32Array {
  const wide =
    to.width === width ? data : resampleAxis(data, inner, width, tapsOf(width, to.width, method, antialias));
  return to.height === height
    ? wide.slice()
    : resampleAxis(wide, inner * to.width, height, tapsOf(height, to.height, method, antialias));
}
