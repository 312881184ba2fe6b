import type { Tensor } from '../../core/tensor.ts';
import type { Position } from './positions.ts';

export interface RopeTables {
  /** [tokens, 1, headDim]; both channels of a pair hold the same value. */
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * Rotary tables over three axes. An axis of width d rotates d/2 pairs of adjacent channels by
 * position · theta^(−2j/d), j = 0 … d/2 − 1; angles are made in float64 and rounded to float32
 * before the cosine, as in Z-Image's RopeEmbedder.
 */
export function ropeTables(
  positions: readonly Position[],
  axesDims: readonly [number, number, number],
  theta: number,
): RopeTables {
  const frequencies = axesDims.flatMap((width, axis) =>
    Array.from({ length: width / 2 }, (_, j) => ({ axis, frequency: 1 / theta ** ((2 * j) / width) })),
  );
  const headDim = frequencies.length * 2;
  const cos = new Float32Array(positions.length * headDim);
  const sin = new Float32Array(positions.length * headDim);
  for (const [token, position] of positions.entries())
    for (const [pair, { axis, frequency }] of frequencies.entries()) {
      const angle = Math.fround((position[axis] ?? 0) * frequency);
      const at = token * headDim + pair * 2;
      cos.fill(Math.cos(angle), at, at + 2);
      sin.fill(Math.sin(angle), at, at + 2);
    }
  const dims = [positions.length, 1, headDim];
  return { cos: { dims, data: cos }, sin: { dims, data: sin } };
}

/**
 * The matrix P with (x·P) = the quarter turn (a, b) → (−b, a) of every adjacent pair, so that a
 * rotation is x·cos + (x·P)·sin: two products and a small matrix, which every provider runs fast.
 */
export function quarterTurn(headDim: number): Float32Array {
  const matrix = new Float32Array(headDim * headDim);
  for (let i = 0; i < headDim; i += 2) {
    matrix[(i + 1) * headDim + i] = -1;
    matrix[i * headDim + i + 1] = 1;
  }
  return matrix;
}
