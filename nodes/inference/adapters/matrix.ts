import { type ReadTensor, readingAhead, readTensor } from '../checkpoints/safetensors.ts';
import type { AdapterModule, Chain, Link, Matrix, StoredMatrix } from './adapter.ts';

export const emptyMatrix = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  values: new Float32Array(rows * columns),
});

/** Reads a matrix from its file as float32. */
export const readMatrix = async (
  { rows, columns, source }: StoredMatrix,
  read: ReadTensor = readTensor,
): Promise<Matrix> => ({ rows, columns, values: await read(source) });

/** Reads all factors of a module. */
export const loadModule = (module: AdapterModule): Promise<AdapterModule<Matrix>> =>
  readingAhead((read) => loadModuleWith(read, module));

/** Reads all factors of a module as one of many. */
export async function loadModuleWith(
  read: ReadTensor,
  module: AdapterModule,
): Promise<AdapterModule<Matrix>> {
  const chain = (stored: Chain<StoredMatrix>) => loadChain(read, stored);
  const dora =
    module.dora === undefined
      ? undefined
      : { axis: module.dora.axis, magnitudes: await readMatrix(module.dora.magnitudes, read) };
  switch (module.family) {
    case 'lokr':
      return { ...module, dora, w1: await chain(module.w1), w2: await chain(module.w2) };
    case 'lora':
      return { ...module, dora, product: await chain(module.product) };
    case 'loha':
      return { ...module, dora, first: await chain(module.first), second: await chain(module.second) };
  }
}

async function loadChain(read: ReadTensor, [first, ...rest]: Chain<StoredMatrix>): Promise<Chain<Matrix>> {
  const load = async ({ matrix, transposed }: Link<StoredMatrix>): Promise<Link<Matrix>> => ({
    matrix: await readMatrix(matrix, read),
    transposed,
  });
  const others: Link<Matrix>[] = [];
  for (const link of rest) others.push(await load(link));
  return [await load(first), ...others];
}

export function transpose({ rows, columns, values }: Matrix): Matrix {
  const result = emptyMatrix(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result.values[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return result;
}

/** a · b, each row summed in float64. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.columns !== b.rows) {
    throw new RangeError(`[${a.rows}, ${a.columns}] times [${b.rows}, ${b.columns}].`);
  }
  const result = emptyMatrix(a.rows, b.columns);
  const sums = new Float64Array(b.columns);
  for (let row = 0; row < a.rows; row++) {
    sums.fill(0);
    for (let inner = 0; inner < a.columns; inner++) {
      const factor = a.values[row * a.columns + inner] ?? 0;
      const from = inner * b.columns;
      for (let column = 0; column < b.columns; column++) {
        sums[column] = (sums[column] ?? 0) + factor * (b.values[from + column] ?? 0);
      }
    }
    result.values.set(sums, row * b.columns);
  }
  return result;
}

/** Σ of squares of all values, in float64. */
export function sumOfSquares({ values }: Matrix): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** Euclidean length of every row, or of every column. */
export function lengthsOf(matrix: Matrix, of: 'rows' | 'columns'): Float64Array {
  const { rows, columns, values } = matrix;
  const sums = new Float64Array(of === 'rows' ? rows : columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column] ?? 0;
      const at = of === 'rows' ? row : column;
      sums[at] = (sums[at] ?? 0) + value * value;
    }
  }
  return sums.map(Math.sqrt);
}
