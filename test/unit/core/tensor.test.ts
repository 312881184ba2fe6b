import { describe, expect, it } from 'vitest';
import { concatRows, elementCount, rowsOf, tensor } from '../../../nodes/core/tensor.ts';

describe('tensor', () => {
  it('fills with zeros, or checks that the data fills the shape', () => {
    expect(tensor([2, 3]).data).toEqual(new Float32Array(6));
    expect(elementCount([])).toBe(1);
    expect(() => tensor([2, 3], new Float32Array(5))).toThrow('needs 6 values, got 5');
  });

  it('splits into rows that share memory, and joins them again', () => {
    const whole = tensor([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
    const rows = rowsOf(whole);
    expect(rows.map(({ dims, data }) => [dims, [...data]])).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2],
        [5, 6],
      ],
    ]);
    expect(rows[1]!.data.buffer).toBe(whole.data.buffer);
    expect(concatRows(rows)).toEqual(whole);
    expect(concatRows([whole, rows[0]!]).dims).toEqual([4, 2]);
  });

  it('refuses to join other shapes or nothing', () => {
    expect(() => concatRows([tensor([1, 2]), tensor([1, 3])])).toThrow(
      'Cannot join shapes [1, 2] and [1, 3].',
    );
    expect(() => concatRows([])).toThrow(RangeError);
  });
});
