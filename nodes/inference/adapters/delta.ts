import {
  type AdapterModule,
  type Chain,
  type Link,
  type Matrix,
  type MatrixSize,
  productSize,
  type RowRange,
} from './adapter.ts';
import { emptyMatrix, multiply, transpose } from './matrix.ts';

/** A product of matrices, multiplied out. */
export function chainProduct([first, ...rest]: Chain<Matrix>): Matrix {
  const oriented = ({ matrix, transposed }: Link<Matrix>) => (transposed ? transpose(matrix) : matrix);
  return rest.reduce((product, link) => multiply(product, oriented(link)), oriented(first));
}

/**
 * ΔW at strength 1, [out, in] of the module's own layer, without its DoRA magnitudes.
 * Formulas: LyCORIS `functional/lokr.py`, `functional/loha.py`; LoRA by Hu et al. 2021.
 */
export function deltaOf(module: AdapterModule<Matrix>): Matrix {
  const rows = rowsOf(module);
  switch (module.family) {
    case 'lokr':
      return kronecker(chainProduct(module.w1), chainProduct(module.w2), module.scale, rows);
    case 'lora':
      return scaled(selectRows(chainProduct(module.product), rows), module.scale);
    case 'loha': {
      const first = selectRows(chainProduct(module.first), rows);
      const second = selectRows(chainProduct(module.second), rows);
      const product = emptyMatrix(first.rows, first.columns);
      for (let i = 0; i < product.values.length; i++) {
        product.values[i] = (first.values[i] ?? 0) * (second.values[i] ?? 0) * module.scale;
      }
      return product;
    }
  }
}

/** The rows of its factors' product that a module is changed by. */
export const rowsOf = (module: AdapterModule<MatrixSize>): RowRange =>
  module.rows ?? { from: 0, count: productSize(module).rows };

/**
 * Rows of scale · (w1 ⊗ w2): element (i·rows(w2) + k, j·columns(w2) + l) is w1[i, j] · w2[k, l].
 * @param result where they go, zeros so far
 */
export function kronecker(
  w1: Matrix,
  w2: Matrix,
  scale = 1,
  { from, count }: RowRange = { from: 0, count: w1.rows * w2.rows },
  result = emptyMatrix(count, w1.columns * w2.columns),
): Matrix {
  const { columns, values } = w2;
  for (let row = 0; row < count; row++) {
    const i = Math.floor((from + row) / w2.rows);
    const second = ((from + row) % w2.rows) * columns;
    for (let j = 0; j < w1.columns; j++) {
      const factor = (w1.values[i * w1.columns + j] ?? 0) * scale;
      if (factor === 0) continue;
      const at = row * result.columns + j * columns;
      for (let l = 0; l < columns; l++) result.values[at + l] = factor * (values[second + l] ?? 0);
    }
  }
  return result;
}

export const selectRows = (matrix: Matrix, { from, count }: RowRange): Matrix => {
  const { rows, columns, values } = matrix;
  return count === rows
    ? matrix
    : { rows: count, columns, values: values.slice(from * columns, (from + count) * columns) };
};

export const scaled = (matrix: Matrix, scale: number): Matrix =>
  scale === 1 ? matrix : { ...matrix, values: matrix.values.map((value) => value * scale) };
