import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guide } from '../../../../nodes/inference/sampling/guidance.ts';

const floats = (values: readonly number[]) => Float32Array.from(values);
const lengthOf = (values: Float32Array) => Math.hypot(...values);

describe('classifier-free guidance', () => {
  const positive = floats([2, -1, 0, 4]);
  const negative = floats([1, 1, 0, -4]);

  it('leads away from the negative', () => {
    expect([...guide(positive, negative, 2.5, 0, 1)]).toEqual([3.5, -4, 0, 16]);
  });

  it('is the positive at scale 1 and the negative at scale 0', () => {
    expect([...guide(positive, negative, 1, 0, 1)]).toEqual([...positive]);
    expect([...guide(positive, negative, 0, 0, 1)]).toEqual([...negative]);
  });

  it('leaves both predictions as they were', () => {
    guide(positive, negative, 7, 0.5, 1);
    expect([...positive]).toEqual([2, -1, 0, 4]);
    expect([...negative]).toEqual([1, 1, 0, -4]);
  });

  it('equals the form of diffusers, whose scale is one lower', () => {
    const value = fc.float({ min: -8, max: 8, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1 }), value, (pairs, scale) => {
        const [pos, neg] = [floats(pairs.map(([p]) => p)), floats(pairs.map(([, n]) => n))];
        for (const [i, actual] of guide(pos, neg, scale + 1, 0, 1).entries())
          expect(actual).toBeCloseTo(pos[i]! + scale * (pos[i]! - neg[i]!), 3);
      }),
    );
  });
});

describe('guidance normalisation', () => {
  it('shortens to a multiple of the positive and keeps the direction', () => {
    const positive = floats([3, 4]);
    const guided = guide(positive, floats([-3, -4]), 4, 1.5, 1);
    expect(lengthOf(guided)).toBeCloseTo(7.5, 5);
    expect(guided[1]! / guided[0]!).toBeCloseTo(4 / 3, 5);
  });

  it('never lengthens', () => {
    expect([...guide(floats([3, 4]), floats([3, 0]), 0.5, 1, 1)]).toEqual([3, 2]);
  });

  it('is off at 0', () => {
    expect([...guide(floats([1]), floats([-1]), 10, 0, 1)]).toEqual([19]);
  });

  it('measures every image of a batch by itself', () => {
    const positive = floats([1, 0, 100, 0]);
    const negative = floats([-1, 0, 100, 0]);
    const guided = guide(positive, negative, 3, 1, 2);
    expect([...guided]).toEqual([1, 0, 100, 0]);
  });

  it('stays finite where the positive is all zero', () => {
    expect([...guide(floats([0, 0]), floats([1, 2]), 2, 1, 1)].map(Math.abs)).toEqual([0, 0]);
  });
});
