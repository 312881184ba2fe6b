import { combine, type Sampler, solveLinear } from './sampler.ts';

/** The last level in place of 0, whose logarithm is infinite. */
const ALMOST_ZERO = 0.001;
const MAX_ORDER = 3;

/**
 * sigma as the reference gets it back from a variance-preserving process in float32: below about
 * 0.01 rounding moves it by percents, and the last step with it.
 */
function throughVariancePreserving(sigma: number): number {
  const { fround } = Math;
  const kept = fround(1 / fround(fround(sigma * sigma) + 1));
  const logAlpha = fround(0.5 * fround(Math.log(kept)));
  const variance = fround(1 - fround(Math.exp(2 * logAlpha)));
  return Math.sqrt(variance) / Math.exp(logAlpha);
}

/** B(h) of the paper: `bh1` is h itself, `bh2` e^h − 1. */
type Variant = 'bh1' | 'bh2';

interface Known {
  readonly level: number;
  readonly denoised: Float32Array;
}

/**
 * Unified predictor-corrector (Zhao et al., 2023) on the clean prediction, in −ln sigma: one model
 * call per step, whose result corrects the step that led there.
 */
const uniPcSampler =
  (variant: Variant): Sampler =>
  async (x, { sigmas, denoise, onStep }) => {
    const levels = sigmas.map((sigma) => (sigma === 0 ? ALMOST_ZERO : sigma));
    const steps = levels.length - 1;
    const order = Math.min(MAX_ORDER, levels.length - 2);
    const [first = 1] = levels;
    /** Newest last. */
    const known: Known[] = [
      { level: throughVariancePreserving(first), denoised: await denoise(x, first, 0) },
    ];
    for (let step = 1; step <= steps; step++) {
      const sigma = levels[step] ?? ALMOST_ZERO;
      const used = Math.max(1, Math.min(step, order, step < order ? step : steps + 1 - step));
      const isLast = step === steps;
      const previous = known.at(-1);
      if (!previous) throw new Error('A multistep sampler lost its history.');
      const level = throughVariancePreserving(sigma);
      const update = updateOf(x, known, level, used, variant);
      x = update.predicted;
      if (!isLast) {
        const denoised = await denoise(x, sigma, step);
        x = update.corrected(denoised);
        known.push({ level, denoised });
        if (known.length > MAX_ORDER) known.shift();
      }
      await onStep(step - 1, previous.denoised, x);
    }
    // ComfyUI's flow models divide by 1 − (last level), which its uni_pc has raised from 0.
    return sigmas.at(-1) === 0 ? combine([1 / (1 - ALMOST_ZERO), x]) : x;
  };

function updateOf(x: Float32Array, known: readonly Known[], level: number, order: number, variant: Variant) {
  const last = known.at(-1);
  if (!last) throw new Error('A multistep sampler lost its history.');
  const h = Math.log(last.level / level);
  const older = Array.from({ length: order - 1 }, (_, i) => known.at(-2 - i)).filter(
    (point) => point !== undefined,
  );
  const ratios = older.map((point) => Math.log(last.level / point.level) / h);
  const differences = older.map((point, i) => {
    const ratio = ratios[i] ?? 1;
    return combine([1 / ratio, point.denoised], [-1 / ratio, last.denoised]);
  });
  const all = [...ratios, 1];
  const phi1 = Math.expm1(-h);
  const scale = variant === 'bh1' ? -h : phi1;
  const right: number[] = [];
  let phi = phi1 / -h - 1;
  let factorial = 1;
  for (let i = 1; i <= order; i++) {
    right.push((phi * factorial) / scale);
    factorial *= i + 1;
    phi = phi / -h - 1 / factorial;
  }
  const powers = right.map((_, power) => all.map((ratio) => ratio ** power));
  const base = combine([level / last.level, x], [-phi1, last.denoised]);
  const moved = (weights: readonly number[], extra: readonly (readonly [number, Float32Array])[] = []) =>
    combine(
      [1, base],
      ...differences.map((array, i) => [-scale * (weights[i] ?? 0), array] as const),
      ...extra,
    );
  const inner = order - 1;
  const predictor =
    inner === 1
      ? [0.5]
      : solveLinear(
          powers.slice(0, inner).map((row) => row.slice(0, inner)),
          right.slice(0, inner),
        );
  return {
    predicted: moved(predictor),
    corrected: (denoised: Float32Array) => {
      const weights = order === 1 ? [0.5] : solveLinear(powers, right);
      const newest = weights.at(-1) ?? 0;
      return moved(weights, [
        [-scale * newest, denoised],
        [scale * newest, last.denoised],
      ]);
    },
  };
}

export const uniPc = uniPcSampler('bh1');
export const uniPcBh2 = uniPcSampler('bh2');
