import type { WeightSource } from './weights.ts';

/** Rows `from` to `from + count` of a tensor, in place. */
export function rowsOf(source: WeightSource, from: number, count: number): WeightSource {
  const [rows = 0, ...rest] = source.shape;
  if (from < 0 || count < 0 || from + count > rows) {
    throw new RangeError(`Rows ${from} to ${from + count} of a tensor with ${rows} rows.`);
  }
  const rowBytes = rows === 0 ? 0 : source.byteLength / rows;
  const { scale } = source;
  return {
    ...source,
    shape: [count, ...rest],
    offset: source.offset + from * rowBytes,
    byteLength: count * rowBytes,
    ...(scale && { scale: isOne(scale) ? scale : rowsOf(scale, from, count) }),
  };
}

/** Whether a tensor holds one number, in whatever shape. */
export const isOne = ({ shape }: WeightSource): boolean => shape.every((size) => size === 1);

/** The same bytes without the trailing 1 × 1 of a pointwise convolution: a linear layer. */
export function asLinear(source: WeightSource): WeightSource {
  const [rows = 0, columns = 0, ...kernel] = source.shape;
  const pointwise = kernel.length > 0 && kernel.every((size) => size === 1);
  return pointwise ? { ...source, shape: [rows, columns] } : source;
}
