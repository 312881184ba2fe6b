import { readTensor } from '../../nodes/inference/checkpoints/safetensors.ts';
import type { BlockSource } from '../../nodes/inference/checkpoints/weights.ts';

/** What a matrix in blocks stands for, and the size of a step at each weight; both [out, in]. */
export async function dequantised({ bits, blockSize, shape, codes, scales, zeroPoints }: BlockSource) {
  const [rows, columns] = shape;
  const packed = await readTensor(codes);
  const scale = await readTensor(scales);
  const zero = await readTensor(zeroPoints);
  const blocksInRow = columns / blockSize;
  const zeroBytes = zeroPoints.shape[1]!;
  const codeAt = (bytes: Float32Array, from: number, i: number) =>
    bits === 8 ? bytes[from + i]! : (bytes[from + (i >> 1)]! >> ((i & 1) * 4)) & 15;
  const values = new Float32Array(rows * columns);
  const steps = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const block = Math.floor(column / blockSize);
      const step = scale[row * blocksInRow + block]!;
      const at = row * columns + column;
      const code = codeAt(packed, (row * columns * bits) / 8, column);
      values[at] = (code - codeAt(zero, row * zeroBytes, block)) * step;
      steps[at] = step;
    }
  return { values, steps };
}
