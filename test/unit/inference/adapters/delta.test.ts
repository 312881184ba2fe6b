import { describe, expect, test } from 'vitest';
import type { AdapterModule, Link, Matrix } from '../../../../nodes/inference/adapters/adapter.ts';
import { deltaOf } from '../../../../nodes/inference/adapters/delta.ts';
import { sumOfSquares } from '../../../../nodes/inference/adapters/matrix.ts';
import { mergeAll, mergeOne } from '../../../../nodes/inference/adapters/merge.ts';
import { deltaNorm } from '../../../../nodes/inference/adapters/norm.ts';

const matrix = (rows: number, columns: number, values: number[]): Matrix => ({
  rows,
  columns,
  values: new Float32Array(values),
});
const link = (of: Matrix, transposed = false): Link<Matrix> => ({ matrix: of, transposed });
const common = { scale: 1, alpha: undefined, rank: undefined, dora: undefined, rows: undefined, keys: [] };
const a = matrix(2, 2, [1, 2, 3, 4]);

test('the rows of a Kronecker product run over the first factor’s rows, then the second’s', () => {
  const module: AdapterModule<Matrix> = {
    ...common,
    family: 'lokr',
    scale: 2,
    w1: [link(a)],
    w2: [link(matrix(1, 2, [10, 100]))],
  };
  expect([...deltaOf(module).values]).toEqual([20, 200, 40, 400, 60, 600, 80, 800]);
  expect([...deltaOf({ ...module, rows: { from: 1, count: 1 } }).values]).toEqual([60, 600, 80, 800]);
});

test('a Tucker factor is aᵀ · core · b', () => {
  const module: AdapterModule<Matrix> = {
    ...common,
    family: 'lokr',
    rank: 2,
    w1: [link(matrix(1, 1, [1]))],
    // a [rank, 3], core [rank, rank], b [rank, 1]
    w2: [link(matrix(2, 3, [1, 0, 2, 0, 1, 1]), true), link(a), link(matrix(2, 1, [1, 1]))],
  };
  // core · b = [3, 7]; aᵀ · that = [3, 7, 13]
  expect([...deltaOf(module).values]).toEqual([3, 7, 13]);
  expect(deltaNorm(module)).toBeCloseTo(Math.hypot(3, 7, 13), 5);
});

test('LoHa multiplies two products elementwise', () => {
  const module: AdapterModule<Matrix> = {
    ...common,
    family: 'loha',
    scale: 0.5,
    first: [link(a)],
    second: [link(matrix(2, 1, [1, 2])), link(matrix(1, 2, [3, 5]))],
  };
  expect([...deltaOf(module).values]).toEqual([1.5, 5, 9, 20]);
  expect(deltaNorm(module)).toBeCloseTo(Math.sqrt(sumOfSquares(deltaOf(module))), 5);
});

describe('merging', () => {
  const base = matrix(2, 2, [1, 1, 1, 1]);
  const lora: AdapterModule<Matrix> = { ...common, family: 'lora', product: [link(a)] };
  const dora: AdapterModule<Matrix> = {
    ...lora,
    dora: { axis: 'out', magnitudes: matrix(2, 1, [2, 0.5]) },
  };

  test('several adapters are each taken from the base, in any order', () => {
    const one = mergeAll(base, [
      { module: lora, strength: 0.5 },
      { module: dora, strength: -0.25 },
    ]);
    const other = mergeAll(base, [
      { module: dora, strength: -0.25 },
      { module: lora, strength: 0.5 },
    ]);
    expect(one.values).toEqual(other.values);
  });

  test('strength 0 leaves the weights bit by bit, and never writes into the base', () => {
    expect(mergeOne(base, dora, 0).values).toEqual(base.values);
    mergeOne(base, dora, 1);
    expect([...base.values]).toEqual([1, 1, 1, 1]);
  });

  test('shapes that differ are refused', () => {
    expect(() => mergeOne(matrix(1, 2, [1, 1]), lora, 1)).toThrow(RangeError);
  });
});
