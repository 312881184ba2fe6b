import type { Tensor } from '../../core/tensor.ts';

/**
 * Rotary tables [tokens, 1, headDim] of the half-split kind: channel i turns with channel
 * i + headDim/2 by position · theta^(−2i/headDim), positions 0 … tokens − 1.
 */
export function ropeTables(
  tokens: number,
  headDim: number,
  theta: number,
): { readonly cos: Tensor; readonly sin: Tensor } {
  const half = headDim / 2;
  const cos = new Float32Array(tokens * headDim);
  const sin = new Float32Array(tokens * headDim);
  for (let token = 0; token < tokens; token++)
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(token * Math.fround(1 / theta ** ((2 * i) / headDim)));
      const at = token * headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = sin[at + half] = Math.sin(angle);
    }
  const dims = [tokens, 1, headDim];
  return { cos: { dims, data: cos }, sin: { dims, data: sin } };
}

/** The matrix P with (x·P) = (−second half, first half), so that a rotation is x·cos + (x·P)·sin. */
export function halfTurn(headDim: number): Float32Array {
  const half = headDim / 2;
  const matrix = new Float32Array(headDim * headDim);
  for (let i = 0; i < half; i++) {
    matrix[(i + half) * headDim + i] = -1;
    matrix[i * headDim + i + half] = 1;
  }
  return matrix;
}

/** [tokens, tokens] to be added to attention scores: what comes later is out of sight. */
export function causalMask(tokens: number): Tensor {
  const data = new Float32Array(tokens * tokens);
  for (let row = 0; row < tokens; row++) data.fill(HIDDEN, row * tokens + row + 1, (row + 1) * tokens);
  return { dims: [tokens, tokens], data };
}

/** Far below any score, and finite in float32 after adding one. */
const HIDDEN = -1e30;
