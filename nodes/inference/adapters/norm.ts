import type { AdapterModule, Chain, Matrix } from './adapter.ts';
import { chainProduct, deltaOf } from './delta.ts';
import { emptyMatrix, sumOfSquares, transpose } from './matrix.ts';

/**
 * Frobenius norm of ΔW at strength 1 (without DoRA magnitudes). ΔW itself is made only where nothing
 * shorter is exact: LoHa, and rows of a stacked matrix.
 */
export function deltaNorm(module: AdapterModule<Matrix>): number {
  if (module.rows !== undefined || module.family === 'loha') return Math.sqrt(sumOfSquares(deltaOf(module)));
  const squares =
    module.family === 'lokr'
      ? // ‖A ⊗ B‖ = ‖A‖ · ‖B‖
        chainSquares(module.w1) * chainSquares(module.w2)
      : chainSquares(module.product);
  return Math.abs(module.scale) * Math.sqrt(squares);
}

/** ‖P‖² of a product of matrices. */
function chainSquares(chain: Chain<Matrix>): number {
  const last = chain[chain.length - 1];
  const [first, ...between] = chain.slice(0, -1);
  if (first === undefined || last === undefined) return sumOfSquares(chain[0].matrix);
  const left = chainProduct([first, ...between]);
  const right = last.transposed ? transpose(last.matrix) : last.matrix;
  // ‖L · R‖² = Σ (LᵀL) ∘ (RRᵀ), both as small as the rank.
  const [inLeft, inRight] = [gram(transpose(left)), gram(right)];
  return inLeft.values.reduce((sum, value, i) => sum + value * (inRight.values[i] ?? 0), 0);
}

/** M · Mᵀ. */
function gram({ rows, columns, values }: Matrix): Matrix {
  const result = emptyMatrix(rows, rows);
  for (let a = 0; a < rows; a++) {
    for (let b = a; b < rows; b++) {
      let sum = 0;
      for (let i = 0; i < columns; i++) {
        sum += (values[a * columns + i] ?? 0) * (values[b * columns + i] ?? 0);
      }
      result.values[a * rows + b] = sum;
      result.values[b * rows + a] = sum;
    }
  }
  return result;
}
