import type { Tensor } from '../../core/tensor.ts';

/**
 * Rotary tables [tokens, headDim / 2]: pair i of a head turns by position · theta^(−2i/headDim),
 * positions 0 … tokens − 1 (Qwen3RotaryEmbedding of transformers).
 */
export function ropeTables(
  tokens: number,
  headDim: number,
  theta: number,
): { readonly cos: Tensor; readonly sin: Tensor } {
  const half = headDim / 2;
  const cos = new Float32Array(tokens * half);
  const sin = new Float32Array(tokens * half);
  for (let token = 0; token < tokens; token++)
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(token * Math.fround(1 / theta ** ((2 * i) / headDim)));
      cos[token * half + i] = Math.cos(angle);
      sin[token * half + i] = Math.sin(angle);
    }
  const dims = [tokens, half];
  return { cos: { dims, data: cos }, sin: { dims, data: sin } };
}

/** [tokens, tokens] to be added to attention scores: what comes later is out of sight. */
export function causalMask(tokens: number): Tensor {
  const data = new Float32Array(tokens * tokens);
  for (let row = 0; row < tokens; row++) data.fill(HIDDEN, row * tokens + row + 1, (row + 1) * tokens);
  return { dims: [tokens, tokens], data };
}

/** Far below any score, and finite in float32 after adding one. */
const HIDDEN = -1e30;
