import type { CurvePoint } from '../../../nodes/core/curve.ts';

export interface CurveRange {
  readonly min: number;
  readonly max: number;
  readonly maxPoints: number;
}

/** Points keep this far apart, so that each can be told from its neighbours. */
const GAP = 0.01;
const DECIMALS = 4;

const rounded = (value: number): number => Number(value.toFixed(DECIMALS));
const between = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Moves a point; it stays between its neighbours and inside the range. */
export function movePoint(
  points: readonly CurvePoint[],
  index: number,
  [x, y]: CurvePoint,
  { min, max }: CurveRange,
): CurvePoint[] {
  const [before, after] = [points[index - 1], points[index + 1]];
  const low = before ? before[0] + GAP : 0;
  const high = after ? after[0] - GAP : 1;
  return points.map((point, i) =>
    i === index
      ? [low > high ? point[0] : rounded(between(x, low, high)), rounded(between(y, min, max))]
      : point,
  );
}

/** Puts a point on the curve; where one is already there, that one moves. Tells which it is. */
export function addPoint(
  points: readonly CurvePoint[],
  [wished, y]: CurvePoint,
  range: CurveRange,
): { readonly points: CurvePoint[]; readonly index: number } {
  const x = rounded(between(wished, 0, 1));
  const near = points.findIndex((point) => Math.abs(point[0] - x) < GAP);
  if (near >= 0 || points.length >= range.maxPoints) {
    const index = near >= 0 ? near : nearest(points, x);
    return { points: movePoint(points, index, [x, y], range), index };
  }
  const index = points.filter((point) => point[0] < x).length;
  const at: CurvePoint = [x, rounded(between(y, range.min, range.max))];
  return { points: points.toSpliced(index, 0, at), index };
}

/** The widest place after a point where another fits, for adding one by key. */
export function placeAfter(points: readonly CurvePoint[], index: number): number {
  const [at, next, before] = [points[index]?.[0] ?? 0, points[index + 1]?.[0], points[index - 1]?.[0] ?? 0];
  if (next !== undefined) return (at + next) / 2;
  return at < 1 ? (at + 1) / 2 : (before + at) / 2;
}

/** Takes a point away; the last one stays. */
export const removePoint = (points: readonly CurvePoint[], index: number): CurvePoint[] =>
  points.length > 1 ? points.toSpliced(index, 1) : [...points];

const nearest = (points: readonly CurvePoint[], x: number): number =>
  points.reduce(
    (best, point, i) => (Math.abs(point[0] - x) < Math.abs((points[best]?.[0] ?? 9) - x) ? i : best),
    0,
  );
