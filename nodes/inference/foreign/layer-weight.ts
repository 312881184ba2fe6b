import type { Matrix } from '../adapters/adapter.ts';
import { transpose } from '../adapters/matrix.ts';
import type { LayerWeight, LinearLayer } from './linear-layers.ts';
import { valuesOf } from './small-tensor.ts';

/** The weight [rows, columns] that a layer computes with, or undefined where it is stored in no form known here. */
export function layerWeight({
  weight,
  rows,
  columns,
}: Pick<LinearLayer, 'weight' | 'rows' | 'columns'>): Matrix | undefined {
  if (weight?.kind === 'blocks') return fromBlocks(weight, rows, columns);
  const values = weight && valuesOf(weight.tensor);
  if (!weight || values?.length !== rows * columns) return undefined;
  return weight.isTransposed
    ? { rows, columns, values }
    : transpose({ rows: columns, columns: rows, values });
}

/** (code − zero point) · scale; of two codes in a byte the first is in its lower half. */
function fromBlocks(
  { bits, blockSize, codes, scales, zeroPoints }: LayerWeight & { readonly kind: 'blocks' },
  rows: number,
  columns: number,
): Matrix | undefined {
  const blocks = Math.ceil(columns / blockSize);
  const packed = valuesOf(codes);
  const steps = valuesOf(scales);
  const zeros = zeroPoints && valuesOf(zeroPoints);
  const rowBytes = (blocks * blockSize * bits) / 8;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  if (packed?.length !== rows * rowBytes || steps?.length !== rows * blocks) return undefined;
  if (zeroPoints && zeros?.length !== rows * zeroBytes) return undefined;
  const codeAt = (bytes: Float32Array, from: number, i: number): number =>
    bits === 8 ? (bytes[from + i] ?? 0) : ((bytes[from + (i >> 1)] ?? 0) >> ((i & 1) * 4)) & 15;
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < blocks; block++) {
      const zero = zeros ? codeAt(zeros, row * zeroBytes, block) : 2 ** (bits - 1);
      const step = steps[row * blocks + block] ?? 0;
      const last = Math.min(columns, (block + 1) * blockSize);
      for (let column = block * blockSize; column < last; column++)
        values[row * columns + column] = (codeAt(packed, row * rowBytes, column) - zero) * step;
    }
  return { rows, columns, values };
}
