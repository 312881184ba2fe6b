import { UserError } from '../../core/errors.ts';
import type { ScheduleName, ScheduleRequest } from '../../execution/services.ts';
import { betaQuantile } from './inverse-beta.ts';

/** Levels of the table ComfyUI's schedulers pick from: sigma at i / 1000. */
const TABLE = 1000;
/** Both parameters of ComfyUI's and diffusers' beta schedule. */
const BETA = 0.6;
const KARRAS_RHO = 7;
/** Of a whole schedule, before `denoise` keeps its end. */
const MAX_STEPS = 10_000;
/** Noise below which `linear_quadratic` moves in even steps (Genmo's Mochi). */
const LINEAR_THRESHOLD = 0.025;

/** Samplers for which ComfyUI makes one step more and drops the last level but one. */
const discardsPenultimate: ReadonlySet<string> = new Set([
  'dpm_2',
  'dpm_2_ancestral',
  'uni_pc',
  'uni_pc_bh2',
]);

/** The time shift of flow models: s · t / (1 + (s − 1) · t). */
const shifted = (time: number, shift: number): number => (shift * time) / (1 + (shift - 1) * time);

const linspace = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? from : from + ((to - from) * i) / (count - 1)));

/** Noise levels of a flow model that a schedule is made from. */
interface Levels {
  readonly shift: number;
  /** sigma after i of 1000 parts, i = 1 … 1000. */
  readonly at: (i: number) => number;
  readonly min: number;
}

const levelsOf = (shift: number): Levels => ({
  shift,
  at: (i) => shifted(i / TABLE, shift),
  min: shifted(1 / TABLE, shift),
});

type Schedule = (steps: number, levels: Levels) => number[];

/** Z-Image's own, as diffusers makes it since 0.39: even times from 1 to 1/steps, shifted. */
const zimage: Schedule = (steps, { shift }) => [
  ...linspace(1, 1 / steps, steps).map((time) => shifted(time, shift)),
  0,
];

const simple: Schedule = (steps, { at }) => [
  ...Array.from({ length: steps }, (_, i) => at(TABLE - Math.floor((i * TABLE) / steps))),
  0,
];

/** Even times between the ends of the table, shifted (the ends a second time, as in ComfyUI). */
const evenTimes = (count: number, { shift, min }: Levels): number[] =>
  linspace(1, min, count).map((time) => shifted(time, shift));

const normal: Schedule = (steps, levels) => [...evenTimes(steps, levels), 0];
const sgmUniform: Schedule = (steps, levels) => [...evenTimes(steps + 1, levels).slice(0, -1), 0];

const karrasBetween = (count: number, max: number, min: number): number[] =>
  linspace(max ** (1 / KARRAS_RHO), min ** (1 / KARRAS_RHO), count).map((root) => root ** KARRAS_RHO);
const exponentialBetween = (count: number, max: number, min: number): number[] =>
  linspace(Math.log(max), Math.log(min), count).map(Math.exp);

const karras: Schedule = (steps, { min }) => [...karrasBetween(steps, 1, min), 0];
const exponential: Schedule = (steps, { min }) => [...exponentialBetween(steps, 1, min), 0];

/** Every n-th level of the table; the number of steps may come out larger. */
const ddimUniform: Schedule = (steps, { at }) => {
  const stride = Math.max(Math.floor(TABLE / steps), 1);
  const sigmas = [0];
  for (let i = 1; i < TABLE; i += stride) sigmas.push(at(i + 1));
  return sigmas.reverse();
};

/** Levels at the quantiles of a beta distribution (Lee et al., 2024); equal ones count once. */
const beta: Schedule = (steps, { at }) => {
  const indexes = linspace(0, 1, steps + 1)
    .slice(0, -1)
    .map((share) => roundHalfToEven(betaQuantile(1 - share, BETA, BETA) * (TABLE - 1)));
  const distinct = indexes.filter((index, i) => index !== indexes[i - 1]);
  return [...distinct.map((index) => at(index + 1)), 0];
};

function roundHalfToEven(value: number): number {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

/** Even small steps first, then ever larger ones. */
const linearQuadratic: Schedule = (steps) => {
  if (steps === 1) return [1, 0];
  const linear = Math.floor(steps / 2);
  const quadratic = steps - linear;
  const rest = linear - LINEAR_THRESHOLD * steps;
  const square = rest / (linear * quadratic ** 2);
  const slope = LINEAR_THRESHOLD / linear - (2 * rest) / quadratic ** 2;
  const progress = Array.from({ length: steps }, (_, i) =>
    i < linear ? (i * LINEAR_THRESHOLD) / linear : square * i ** 2 + slope * i + square * linear ** 2,
  );
  return [...progress, 1].map((done) => 1 - done);
};

/** Even in the arctangent of sigma (Sabour et al., 2024, “Align Your Steps”). */
const klOptimal: Schedule = (steps, { min }) => [
  ...linspace(0, 1, steps).map((share) => Math.tan(share * Math.atan(min) + (1 - share) * Math.atan(1))),
  0,
];

/** Reshapes diffusers' own levels between their first and last. */
const reshaped =
  (between: (count: number, max: number, min: number) => number[]): Schedule =>
  (steps, levels) => {
    const own = zimage(steps, levels);
    return [...between(steps, own[0] ?? 1, own[steps - 1] ?? 1), 0];
  };

const betaBetween = (count: number, max: number, min: number): number[] =>
  linspace(0, 1, count).map((share) => min + betaQuantile(1 - share, BETA, BETA) * (max - min));

const schedules: Readonly<Record<ScheduleName, Schedule>> = {
  zimage,
  simple,
  sgm_uniform: sgmUniform,
  karras,
  exponential,
  ddim_uniform: ddimUniform,
  beta,
  normal,
  linear_quadratic: linearQuadratic,
  kl_optimal: klOptimal,
  zimage_karras: reshaped(karrasBetween),
  zimage_exponential: reshaped(exponentialBetween),
  zimage_beta: reshaped(betaBetween),
  // Before 0.39 the times ended at 0, so that the last of n steps did nothing: one fewer is run.
  zimage_0_36: (steps, { shift }) =>
    steps === 1 ? [1, 0] : linspace(1, 0, steps).map((time) => shifted(time, shift)),
  // The scheduler by itself, as ONNX demos of the model use it: its lowest level is shifted twice.
  scheduler_only: (steps, levels) => [...evenTimes(steps, levels), 0],
};

/**
 * Explicit noise levels of a schedule: steps + 1 values, descending, float32, the last 0.
 * `denoise` below 1 makes a longer schedule and keeps its end, as ComfyUI does.
 */
export function computeSigmas({ schedule, steps, shift, denoise, sampler }: ScheduleRequest): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS)
    throw new UserError(`A schedule of ${steps} steps is not possible.`, {
      hint: `Use 1 to ${MAX_STEPS} steps.`,
    });
  if (!(shift > 0) || !Number.isFinite(shift))
    throw new UserError(`The shift must be above 0, not ${shift}.`);
  if (!(denoise > 0 && denoise <= 1))
    throw new UserError(`Denoise must be above 0 and at most 1, not ${denoise}.`);
  const discards = sampler !== undefined && discardsPenultimate.has(sampler);
  const whole = denoise < 1 ? Math.floor(steps / denoise) : steps;
  if (whole > MAX_STEPS)
    throw new UserError(`Denoise ${denoise} at ${steps} steps is the end of a schedule of ${whole} steps.`, {
      hint: `Use fewer steps or a higher denoise: the whole schedule may have ${MAX_STEPS}.`,
    });
  const made = schedules[schedule](discards ? whole + 1 : whole, levelsOf(shift)).map(Math.fround);
  const sigmas = discards ? made.toSpliced(-2, 1) : made;
  return denoise < 1 ? sigmas.slice(-(steps + 1)) : sigmas;
}
