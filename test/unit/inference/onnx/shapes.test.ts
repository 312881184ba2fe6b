import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcast, GraphError, productOf, reshaped } from '../../../../nodes/inference/onnx/shapes.ts';
import type { Dim, Value } from '../../../../nodes/inference/onnx/types.ts';

const value = (...shape: Dim[]): Value => ({ name: 'x', dtype: 'float32', shape });

describe('products of sizes', () => {
  it('have one form whatever the order', () => {
    expect(productOf(['width', 4, 'height', 4])).toBe('16·height·width');
    expect(productOf([productOf(['height', 2]), 'batch'])).toBe('2·batch·height');
    expect(productOf([3, 4])).toBe(12);
    expect(productOf([])).toBe(1);
  });
});

describe('broadcasting', () => {
  it('stretches sizes of 1 and keeps names', () => {
    expect(broadcast('Add', value('batch', 'tokens', 8), value(8))).toEqual(['batch', 'tokens', 8]);
    expect(broadcast('Add', value(1, 4), value('rows', 1))).toEqual(['rows', 4]);
  });

  it('refuses two names that may differ', () => {
    expect(() => broadcast('Add', value('image', 8), value('caption', 8))).toThrow(
      'Add(x: float32[image, 8], x: float32[caption, 8]): size image does not fit size caption.',
    );
  });
});

describe('reshaping', () => {
  it('works out the open size', () => {
    expect(reshaped(value('batch', 'tokens', 12), [0, 0, 3, 4])).toEqual(['batch', 'tokens', 3, 4]);
    expect(reshaped(value('batch', 'tokens', 12), [-1, 12])).toEqual(['batch·tokens', 12]);
    expect(reshaped(value('rows', 12), [-1, 4])).toEqual(['3·rows', 4]);
  });

  it('refuses what cannot come out even', () => {
    expect(() => reshaped(value('rows', 12), [-1, 5])).toThrow(GraphError);
    expect(() => reshaped(value(2, 3), [7])).toThrow('cannot become [7]');
    expect(() => reshaped(value(2, 3), [2, 3, 0])).toThrow('there is no axis 2');
  });

  it('keeps the number of elements', () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 4 }), fc.nat(3), (sizes, place) => {
        const target = [...sizes];
        target.splice(place, 0, -1);
        expect(productOf(reshaped(value(...sizes), target))).toBe(productOf(sizes));
      }),
      { numRuns: 200 },
    );
  });
});
