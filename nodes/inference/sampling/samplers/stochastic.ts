import {
  combine,
  halfLogSnr,
  offsetFirst,
  type Sampler,
  type SamplerRun,
  sigmaAt,
  sigmaOfHalfLogSnr,
  solveLinear,
  stepsOf,
} from './sampler.ts';

// ---- ER-SDE (Cui et al., 2023) -------------------------------------------------------------------

const ER_POINTS = 200;
const erNoise = (lambda: number): number => lambda * (Math.exp(lambda ** 0.3) + 10);

/** Extended reverse-time SDE solver of order three, in lambda = sigma / alpha. */
export const erSde: Sampler = async (x, run) => {
  const { denoise, noise, onStep } = run;
  const sigmas = offsetFirst(run.sigmas, run.shift);
  const lambdas = sigmas.map((sigma) => sigma / (1 - sigma));
  let before: { readonly denoised: Float32Array; readonly slope: Float32Array | undefined } | undefined;
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    let slope: Float32Array | undefined;
    if (next === 0) x = denoised;
    else {
      const [from = 0, to = 0] = [lambdas[index], lambdas[index + 1]];
      const alpha = 1 - next;
      const ratio = erNoise(to) / erNoise(from);
      const change = to - from;
      const width = -change / ER_POINTS;
      let [inverse, weighted] = [0, 0];
      for (let point = 0; point < ER_POINTS; point++) {
        const lambda = to + point * width;
        inverse += width / erNoise(lambda);
        weighted += (width * (lambda - from)) / erNoise(lambda);
      }
      let moved = combine([(alpha / (1 - sigma)) * ratio, x], [alpha * (1 - ratio), denoised]);
      if (before) {
        const gap = from - (lambdas[index - 1] ?? 0);
        slope = combine([1 / gap, denoised], [-1 / gap, before.denoised]);
        moved = combine([1, moved], [alpha * (change + inverse * erNoise(to)), slope]);
        if (before.slope) {
          const span = (from - (lambdas[index - 2] ?? 0)) / 2;
          const curve = combine([1 / span, slope], [-1 / span, before.slope]);
          moved = combine([1, moved], [alpha * (change ** 2 / 2 + weighted * erNoise(to)), curve]);
        }
      }
      const amount = Math.sqrt(Math.max(to ** 2 - (from * ratio) ** 2, 0));
      x = combine([1, moved], [alpha * amount, noise()]);
    }
    before = { denoised, slope };
    await onStep(index, denoised, x);
  }
  return x;
};

// ---- SEEDS (Gonzalez et al., 2023) and exponential Heun ----------------------------------------------

interface TwoStage {
  readonly eta: number;
  /** Where in ln SNR the inner stage lies. */
  readonly inner: number;
  /** Weights of the first and second prediction over the whole step, given h · (eta + 1). */
  readonly weights: (h: number) => readonly [number, number];
}

async function twoStage(
  x: Float32Array,
  run: SamplerRun,
  { eta, inner, weights }: TwoStage,
): Promise<Float32Array> {
  const { denoise, noise, onStep } = run;
  const sigmas = offsetFirst(run.sigmas, run.shift);
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(x, sigma, index);
    if (next === 0) x = denoised;
    else {
      const from = halfLogSnr(sigma);
      const h = halfLogSnr(next) - from;
      const middle = sigmaOfHalfLogSnr(from + inner * h);
      const half = combine(
        [(middle / sigma) * Math.exp(-inner * h * eta), x],
        [-(1 - middle) * Math.expm1(-inner * h * (eta + 1)), denoised],
      );
      const fresh = eta > 0 ? noise() : undefined;
      const amount = Math.sqrt(-Math.expm1(-2 * inner * h * eta));
      const start = fresh ? combine([1, half], [amount * middle, fresh]) : half;
      const again = await denoise(start, middle, index);
      const [first, second] = weights(-h * (eta + 1));
      x = combine(
        [(next / sigma) * Math.exp(-h * eta), x],
        [-(1 - next) * first, denoised],
        [-(1 - next) * second, again],
      );
      if (fresh) {
        const segment = (inner - 1) * h * eta;
        x = combine(
          [1, x],
          [next * amount * Math.exp(segment), fresh],
          [next * Math.sqrt(-Math.expm1(2 * segment)), noise()],
        );
      }
    }
    await onStep(index, denoised, x);
  }
  return x;
}

/** Stochastic exponential solver of order two with a stage halfway. */
export const seeds2: Sampler = (x, run) =>
  // The two predictions are extrapolated with weight 1 / (2 · inner), which at one half leaves the second alone.
  twoStage(x, run, { eta: run.eta, inner: 0.5, weights: (h) => [0, Math.expm1(h)] });

/** Exponential Heun on the clean prediction: the inner stage lies at the end of the step. */
export const expHeun2X0: Sampler = (x, run) =>
  twoStage(x, run, {
    eta: 0,
    inner: 1,
    weights: (h) => {
      const second = (Math.expm1(h) - h) / h;
      return [Math.expm1(h) - second, second];
    },
  });

// ---- SA-Solver (Xue et al., 2023) -----------------------------------------------------------------

const PREDICTOR_ORDER = 3;
const CORRECTOR_ORDER = 4;
/** Shares of the schedule between which noise is added. */
const NOISY_FROM = 0.2;
const NOISY_TO = 0.8;

/**
 * Weights of predictions at `nodes` (ln SNR) for a step between two of them:
 * alpha · (1+tau²) ∫ exp(−(1+tau²)(to − l)) · Lagrange(l) dl, by integration by parts.
 */
function adamsWeights(
  next: number,
  nodes: readonly number[],
  from: number,
  to: number,
  tau: number,
): number[] {
  const rate = 1 + tau ** 2;
  const decay = Math.exp(-rate * (to - from));
  const moments: number[] = [];
  for (let power = 0; power < nodes.length; power++)
    moments.push(to ** power - from ** power * decay - (power / rate) * (moments[power - 1] ?? 0));
  const vandermonde = nodes.map((_, power) => nodes.map((node) => node ** power));
  return solveLinear(vandermonde, moments).map((weight) => weight * (1 - next));
}

/** Stochastic Adams predictor-corrector. */
export const saSolver: Sampler = async (x, run) => {
  const { denoise, noise, onStep, shift, eta } = run;
  const sigmas = offsetFirst(run.sigmas, shift);
  const lambdas = sigmas.map(halfLogSnr);
  const [high, low] = [sigmaAt(NOISY_FROM, shift), sigmaAt(NOISY_TO, shift)];
  const tauAt = (sigma: number) => (sigma >= low && sigma <= high ? eta : 0);
  const count = sigmas.length;
  const endsAtZero = sigmas.at(-1) === 0;
  /** Oldest first. */
  const predictions: Float32Array[] = [];
  let predicted = x;
  let last:
    | { readonly tau: number; readonly h: number; readonly fresh: Float32Array | undefined }
    | undefined;
  for (const { index, sigma, next } of stepsOf(sigmas)) {
    const denoised = await denoise(predicted, sigma, index);
    predictions.push(denoised);
    if (predictions.length > CORRECTOR_ORDER) predictions.shift();
    let predictorOrder = Math.min(PREDICTOR_ORDER, predictions.length);
    let correctorOrder = next === 0 ? 0 : Math.min(CORRECTOR_ORDER, predictions.length);
    if (endsAtZero) {
      predictorOrder = Math.min(predictorOrder, count - 2 - index);
      correctorOrder = Math.min(correctorOrder, count - 1 - index);
    }
    const weighted = (order: number, at: number, from: number, to: number, tau: number) => {
      const nodes = lambdas.slice(index - order + 1, index + 1);
      const weights = adamsWeights(at, nodes, from, to, tau);
      return predictions.slice(-order).map((prediction, i) => [weights[i] ?? 0, prediction] as const);
    };
    if (!last || correctorOrder === 0) x = predicted;
    else {
      const { tau, h, fresh } = last;
      const [from = 0, to = 0] = [lambdas[index - 1], lambdas[index]];
      const kept = (sigma / (sigmas[index - 1] ?? 1)) * Math.exp(-(tau ** 2) * h);
      x = combine([kept, x], ...weighted(correctorOrder, sigma, from, to, tau));
      if (fresh) x = combine([1, x], [1, fresh]);
    }
    if (next === 0) predicted = denoised;
    else {
      const tau = tauAt(next);
      const [from = 0, to = 0] = [lambdas[index], lambdas[index + 1]];
      const h = to - from;
      predicted = combine(
        [(next / sigma) * Math.exp(-(tau ** 2) * h), x],
        ...weighted(predictorOrder, next, from, to, tau),
      );
      const amount = next * Math.sqrt(-Math.expm1(-2 * tau ** 2 * h));
      const fresh = tau > 0 ? combine([amount, noise()]) : undefined;
      if (fresh) predicted = combine([1, predicted], [1, fresh]);
      last = { tau, h, fresh };
    }
    await onStep(index, denoised, predicted);
  }
  return predicted;
};
