import { type AdapterModule, type Chain, chainSize, linkSize, type Matrix, productSize } from './adapter.ts';
import { chainProduct, deltaOf, rowsOf } from './delta.ts';
import { emptyMatrix, sumOfSquares, transpose } from './matrix.ts';

/** Multiplications up to which a norm is exact: well below a second. */
const exactWork = 5e8;
/** Rows that stand for all others where that would be too much. */
const sampledRows = 64;

/**
 * Frobenius norm of ΔW at strength 1 (without DoRA magnitudes). ΔW itself is made only where nothing
 * shorter is exact: LoHa, and rows of a stacked matrix. Of very large products, as high ranks make them,
 * evenly spaced rows are measured for all, which is right to a few percent.
 */
export function deltaNorm(module: AdapterModule<Matrix>): number {
  if (module.rows !== undefined || module.family === 'loha') return normOfRows(module);
  const squares =
    module.family === 'lokr'
      ? // ‖A ⊗ B‖ = ‖A‖ · ‖B‖
        chainSquares(module.w1) * chainSquares(module.w2)
      : chainSquares(module.product);
  return Math.abs(module.scale) * Math.sqrt(squares);
}

/** ‖P‖² of a product of matrices. */
function chainSquares(chain: Chain<Matrix>): number {
  const size = chainSize(chain);
  const rank = chain.length === 1 ? 0 : linkSize(chain[0]).columns;
  if (rank * rank * (size.rows + size.columns) > exactWork) {
    const rows = spacedRows(0, size.rows);
    return (
      (rows.reduce((sum, row) => sum + sumOfSquares(chainProduct(rowOf(chain, row))), 0) * size.rows) /
      rows.length
    );
  }
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

/** ‖ΔW‖ over the module's own rows, made row by row. */
function normOfRows(module: AdapterModule<Matrix>): number {
  const { from, count } = rowsOf(module);
  const { columns } = productSize(module);
  if (count * columns * Math.max(module.rank ?? 1, 1) <= exactWork)
    return Math.sqrt(sumOfSquares(deltaOf(module)));
  const rows = spacedRows(from, count);
  const squares = rows.reduce((sum, row) => sum + sumOfSquares(deltaRow(module, row)), 0);
  return Math.sqrt((squares * count) / rows.length);
}

/** One row of ΔW; `row` counts in the product of the factors. */
function deltaRow(module: AdapterModule<Matrix>, row: number): Matrix {
  const rows = { from: 0, count: 1 };
  switch (module.family) {
    case 'lokr':
      return deltaOf({ ...module, rows: { from: row, count: 1 } });
    case 'lora':
      return deltaOf({ ...module, product: rowOf(module.product, row), rows });
    case 'loha':
      return deltaOf({ ...module, first: rowOf(module.first, row), second: rowOf(module.second, row), rows });
  }
}

/** The chain whose product is one row of the given chain's product. */
function rowOf([{ matrix, transposed }, ...rest]: Chain<Matrix>, row: number): Chain<Matrix> {
  const { columns, values } = transposed ? transpose(matrix) : matrix;
  const own = { rows: 1, columns, values: values.subarray(row * columns, (row + 1) * columns) };
  return [{ matrix: own, transposed: false }, ...rest];
}

const spacedRows = (from: number, count: number): number[] => {
  const kept = Math.min(count, sampledRows);
  return Array.from({ length: kept }, (_, i) => from + Math.floor(((i + 0.5) * count) / kept));
};
