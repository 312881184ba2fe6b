/** Ends of the variance-preserving process that DEIS integrates over, as in the reference implementation. */
const EPSILON = 1e-3;
const SIGMA_MIN = 0.002;
const SIGMA_MAX = 80;
const POINTS = 10_000;
const ORDER = 3;

const BETA_SLOPE =
  (2 * (Math.log(SIGMA_MIN ** 2 + 1) / EPSILON - Math.log(SIGMA_MAX ** 2 + 1))) / (EPSILON - 1);
const BETA_MIN = Math.log(SIGMA_MAX ** 2 + 1) - 0.5 * BETA_SLOPE;

const timeOf = (sigma: number): number =>
  (Math.sqrt(BETA_MIN ** 2 + 2 * BETA_SLOPE * Math.log(sigma ** 2 + 1)) - BETA_MIN) / BETA_SLOPE;

/** −½ · d ln(alpha)/dt / √(alpha · (1 − alpha)) with alpha(t) = exp(−½ t² slope − t · min). */
function integrand(t: number): number {
  const alpha = Math.exp(-0.5 * t ** 2 * BETA_SLOPE - t * BETA_MIN);
  return (0.5 * (t * BETA_SLOPE + BETA_MIN)) / Math.sqrt(alpha * (1 - alpha));
}

/**
 * Weights of the slopes for one step of tAB-DEIS (Zhang and Chen, 2022), newest first: the
 * polynomial through the slopes, integrated in the time of a variance-preserving process.
 */
export function deisWeights(sigmas: readonly number[], index: number): number[] {
  const sigma = sigmas[index] ?? 0;
  const next = sigmas[index + 1] ?? 0;
  const order = next <= 0 ? 1 : Math.min(index + 1, ORDER);
  if (order === 1) return [next - sigma];
  const times = Array.from({ length: order }, (_, k) => timeOf(sigmas[index - k] ?? 0));
  const [from, to] = [timeOf(sigma), timeOf(next)];
  const weights = new Array<number>(order).fill(0);
  for (let point = 0; point < POINTS; point++) {
    const t = from + ((to - from) * point) / (POINTS - 1);
    const value = (integrand(t) * (to - from)) / POINTS;
    for (const [j, node] of times.entries()) {
      const basis = times.reduce(
        (product, other, k) => (k === j ? product : (product * (t - other)) / (node - other)),
        1,
      );
      weights[j] = (weights[j] ?? 0) + value * basis;
    }
  }
  return weights;
}
