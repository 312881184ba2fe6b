/** What a sampler works with. Arrays hold one batch of latents; a sampler never changes one it was given. */
export interface SamplerRun {
  /** n + 1 noise levels, descending; the last is usually 0. */
  readonly sigmas: readonly number[];
  /** The clean latent the model sees in `x` at noise level `sigma` (x − sigma · velocity). */
  readonly denoise: (x: Float32Array, sigma: number, step: number) => Promise<Float32Array>;
  /** Fresh standard normal values, a new draw at each call. */
  readonly noise: () => Float32Array;
  /** Amount of fresh noise of ancestral samplers; 1 = full. */
  readonly eta: number;
  /** Flow shift of the model: some samplers place their first or middle levels by it. */
  readonly shift: number;
  /** Called when step `index` is done, with its clean prediction. */
  readonly onStep: (index: number, denoised: Float32Array, x: Float32Array) => Promise<void>;
}

/** Walks from noise to the sample. */
export type Sampler = (x: Float32Array, run: SamplerRun) => Promise<Float32Array>;

/** Σ weight · array. */
export function combine(...terms: readonly (readonly [weight: number, array: Float32Array])[]): Float32Array {
  const [first] = terms;
  const sum = new Float32Array(first ? first[1].length : 0);
  for (const [weight, array] of terms) {
    if (weight === 0) continue;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + weight * (array[i] ?? 0);
  }
  return sum;
}

/** The derivative dx/dsigma of the probability flow: (x − denoised) / sigma. */
export const derivative = (x: Float32Array, sigma: number, denoised: Float32Array): Float32Array =>
  combine([1 / sigma, x], [-1 / sigma, denoised]);

/** x moved along its derivative from `sigma` to `next`: next/sigma · x + (1 − next/sigma) · denoised. */
export const eulerStep = (
  x: Float32Array,
  denoised: Float32Array,
  sigma: number,
  next: number,
): Float32Array => combine([next / sigma, x], [1 - next / sigma, denoised]);

/** Pairs of neighbouring noise levels with the index of the step. */
export const stepsOf = (sigmas: readonly number[]): { index: number; sigma: number; next: number }[] =>
  sigmas.slice(1).map((next, index) => ({ index, sigma: sigmas[index] ?? 0, next }));

/** Halfway between two levels in −ln sigma. */
export const geometricMean = (a: number, b: number): number => Math.sqrt(a * b);

/** ln(alpha / sigma) of a flow model, where alpha = 1 − sigma. */
export const halfLogSnr = (sigma: number): number => Math.log((1 - sigma) / sigma);
export const sigmaOfHalfLogSnr = (lambda: number): number => 1 / (Math.exp(lambda) + 1);

/** Noise level after `share` of the model's own schedule. */
export const sigmaAt = (share: number, shift: number): number =>
  (shift * (1 - share)) / (1 + (shift - 1) * (1 - share));

/** At sigma 1 the signal-to-noise ratio is 0 and its logarithm infinite; solvers in it start a little lower. */
export const offsetFirst = (sigmas: readonly number[], shift: number): number[] =>
  sigmas.map((sigma, i) => (i === 0 && sigma >= 1 && sigmas.length > 1 ? sigmaAt(1e-4, shift) : sigma));

/**
 * How a step of a flow model splits into a deterministic part down to `down` and fresh noise that
 * brings it back to `next` (rectified-flow form of ancestral sampling).
 */
export function flowAncestral(sigma: number, next: number, eta: number) {
  const down = next * (1 + (next / sigma - 1) * eta);
  const scale = (1 - next) / (1 - down);
  const noise = Math.sqrt(Math.max(next ** 2 - (down * scale) ** 2, 0));
  return { down, scale, noise };
}

/** Integrals over [from, to] of the Lagrange polynomials through `nodes`, by exact polynomial arithmetic. */
export function lagrangeIntegrals(nodes: readonly number[], from: number, to: number): number[] {
  return nodes.map((node, j) => {
    let polynomial = [1];
    for (const [k, other] of nodes.entries()) {
      if (k === j) continue;
      const scaled = polynomial.map((value) => value / (node - other));
      polynomial = [...scaled.map((value) => -value * other), 0].map(
        (value, i) => value + (scaled[i - 1] ?? 0),
      );
    }
    const integralTo = (x: number) =>
      polynomial.reduce((sum, value, power) => sum + (value * x ** (power + 1)) / (power + 1), 0);
    return integralTo(to) - integralTo(from);
  });
}

/** Solves a small system by elimination with pivoting. */
export function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const rest = rows.slice(column);
    const pivot = rest.reduce((best, row) =>
      Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best,
    );
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(column, 0, pivot);
    for (const row of rows.slice(column + 1)) {
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1);
      for (let i = column; i <= size; i++) row[i] = (row[i] ?? 0) - factor * (pivot[i] ?? 0);
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    const row = rows[i] ?? [];
    const known = solution.reduce((sum, value, j) => (j > i ? sum + value * (row[j] ?? 0) : sum), 0);
    solution[i] = ((row[size] ?? 0) - known) / (row[i] ?? 1);
  }
  return solution;
}
