/** A dense float32 tensor in host memory, row-major; `data.length` is the product of `dims`. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Number of elements of a shape; 1 for a scalar. */
export const elementCount = (dims: readonly number[]): number =>
  dims.reduce((count, size) => count * size, 1);

/** @throws RangeError when `data` does not fill `dims`. */
export function tensor(dims: readonly number[], data?: Float32Array): Tensor {
  const count = elementCount(dims);
  if (data && data.length !== count)
    throw new RangeError(`A tensor of shape [${dims.join(', ')}] needs ${count} values, got ${data.length}.`);
  return { dims, data: data ?? new Float32Array(count) };
}

/** Splits along the first axis into views of shape [1, ...rest]; no copy. */
export function rowsOf(value: Tensor): Tensor[] {
  const [count = 1, ...rest] = value.dims;
  const size = elementCount(rest);
  return Array.from({ length: count }, (_, i) => ({
    dims: [1, ...rest],
    data: value.data.subarray(i * size, (i + 1) * size),
  }));
}

/** Joins tensors of equal trailing shape along the first axis. */
export function concatRows(parts: readonly Tensor[]): Tensor {
  const first = parts[0];
  if (!first) throw new RangeError('Nothing to join.');
  const rest = first.dims.slice(1);
  const size = elementCount(rest);
  const rows = parts.reduce((sum, part) => sum + (part.dims[0] ?? 1), 0);
  const joined = new Float32Array(rows * size);
  let at = 0;
  for (const part of parts) {
    if (part.dims.slice(1).join() !== rest.join())
      throw new RangeError(`Cannot join shapes [${first.dims.join(', ')}] and [${part.dims.join(', ')}].`);
    joined.set(part.data, at);
    at += part.data.length;
  }
  return { dims: [rows, ...rest], data: joined };
}
