import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CurvePoint, curveAt, curveSteps, stepPosition } from '../../../nodes/core/curve.ts';

const places = [0.05, 0.15, 0.25, 0.35, 0.45, 0.6, 0.75, 0.95];

describe('curveAt', () => {
  // From scipy.interpolate.PchipInterpolator 1.17.1, held level outside the points.
  it.each<[CurvePoint[], number[]]>([
    [
      [
        [0, 1],
        [1, 0.5],
      ],
      [0.975, 0.925, 0.875, 0.825, 0.775, 0.7, 0.625, 0.525],
    ],
    [
      [
        [0, 0],
        [0.5, 1],
        [1, 0],
      ],
      [0.19, 0.51, 0.75, 0.91, 0.99, 0.96, 0.75, 0.19],
    ],
    [
      [
        [0, 1],
        [0.2, 0.9],
        [0.3, 0.1],
        [1, 0],
      ],
      [0.994158, 0.944973, 0.491581, 0.082593, 0.053935, 0.024402, 0.007921, 0.000231],
    ],
    [
      [
        [0.1, -1],
        [0.4, 2],
        [0.5, 2],
        [0.9, 0.5],
      ],
      [-1, -0.170139, 1.15625, 1.899306, 2, 1.892187, 1.370117, 0.5],
    ],
    [
      [
        [0, 0],
        [0.25, 0.1],
        [1, 1],
      ],
      [0.012369, 0.049662, 0.1, 0.164533, 0.247036, 0.403405, 0.597436, 0.911856],
    ],
  ])('draws %j as PCHIP', (points, values) => {
    places.forEach((x, i) => {
      expect(curveAt(points, x)).toBeCloseTo(values[i] as number, 5);
    });
  });

  it('is level with one point and 0 with none', () => {
    expect([0, 0.3, 1].map((x) => curveAt([[0.3, 7]], x))).toEqual([7, 7, 7]);
    expect(curveAt([], 0.5)).toBe(0);
  });

  it('goes through its points and never leaves the values of the two around', () => {
    const points = fc
      .uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 12 })
      .chain((xs) =>
        fc.tuple(
          ...xs
            .toSorted((a, b) => a - b)
            .map((x) => fc.tuple(fc.constant(x / 1000), fc.double({ min: -5, max: 5, noNaN: true }))),
        ),
      );
    fc.assert(
      fc.property(points, fc.double({ min: 0, max: 1, noNaN: true }), (curve, x) => {
        for (const [at, value] of curve) expect(curveAt(curve, at)).toBeCloseTo(value, 9);
        const near = [curve.findLast(([at]) => at <= x), curve.find(([at]) => at > x)].flatMap((p) =>
          p ? [p[1]] : [],
        );
        const value = curveAt(curve, x);
        expect(value).toBeGreaterThanOrEqual(Math.min(...near) - 1e-9);
        expect(value).toBeLessThanOrEqual(Math.max(...near) + 1e-9);
      }),
    );
  });
});

it('reads a curve at the steps of a run: the first at 0, the last at 1', () => {
  expect([0, 1, 2].map((i) => stepPosition(i, 3))).toEqual([0, 0.5, 1]);
  expect(stepPosition(0, 1)).toBe(0);
  expect(
    curveSteps(
      [
        [0, 1],
        [1, 0],
      ],
      5,
    ),
  ).toEqual([1, 0.75, 0.5, 0.25, 0]);
});
