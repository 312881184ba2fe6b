/** A control point: x from 0 to 1, and the value there. */
export type CurvePoint = readonly [x: number, y: number];

/**
 * Slope at the end of a curve from its first two secants, as PCHIP takes it: the three-point formula,
 * held back where it would overshoot.
 */
function endSlope(width: number, nextWidth: number, secant: number, nextSecant: number): number {
  const slope = ((2 * width + nextWidth) * secant - width * nextSecant) / (width + nextWidth);
  if (slope * secant <= 0) return 0;
  return secant * nextSecant <= 0 && Math.abs(slope) > 3 * Math.abs(secant) ? 3 * secant : slope;
}

/** Slope of a curve at its control point `i`. */
function slopeAt(points: readonly CurvePoint[], i: number): number {
  const secants = [-2, -1, 0, 1].map((step) => {
    const [from, to] = [points[i + step], points[i + step + 1]];
    return from && to ? { width: to[0] - from[0], slope: (to[1] - from[1]) / (to[0] - from[0]) } : undefined;
  });
  const [beforeLast, before, after, afterNext] = secants;
  if (before && after) {
    if (before.slope * after.slope <= 0) return 0;
    const [near, far] = [2 * after.width + before.width, after.width + 2 * before.width];
    return (near + far) / (near / before.slope + far / after.slope);
  }
  const [end, next] = before ? [before, beforeLast] : [after, afterNext];
  if (!end) return 0;
  return next ? endSlope(end.width, next.width, end.slope, next.slope) : end.slope;
}

/**
 * Value at `x` of the monotone cubic through control points in ascending order of x: between two
 * points the curve never leaves their values, so it cannot overshoot. Level before the first point and
 * after the last; 0 without points. Slopes as in PCHIP (Fritsch and Butland 1984, "A method for
 * constructing local monotone piecewise cubic interpolants").
 */
export function curveAt(points: readonly CurvePoint[], x: number): number {
  const right = points.findIndex((point) => point[0] > x);
  const to = points[right];
  const from = points[right - 1];
  if (!to) return points.at(-1)?.[1] ?? 0;
  if (!from) return to[1];
  const width = to[0] - from[0];
  const t = (x - from[0]) / width;
  const [start, end] = [slopeAt(points, right - 1) * width, slopeAt(points, right) * width];
  const rise = to[1] - from[1];
  // The cubic Hermite polynomial in Horner's form.
  return from[1] + t * (start + t * (3 * rise - 2 * start - end + t * (start + end - 2 * rise)));
}

/** Where in a run of `count` steps step `i` is, from 0 (the first) to 1 (the last). */
export const stepPosition = (i: number, count: number): number => (count > 1 ? i / (count - 1) : 0);

/** The values of a curve at each of `count` steps. */
export const curveSteps = (points: readonly CurvePoint[], count: number): number[] =>
  Array.from({ length: count }, (_, i) => curveAt(points, stepPosition(i, count)));
