import type { Tensor } from '../../core/tensor.ts';
import type { Position } from './positions.ts';

export interface RopeTables {
  /** [tokens, headDim / 2]: one column per pair of channels. */
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
  const pairs = frequencies.length;
  const cos = new Float32Array(positions.length * pairs);
  const sin = new Float32Array(positions.length * pairs);
  for (const [token, position] of positions.entries())
    for (const [pair, { axis, frequency }] of frequencies.entries()) {
      const angle = Math.fround((position[axis] ?? 0) * frequency);
      cos[token * pairs + pair] = Math.cos(angle);
      sin[token * pairs + pair] = Math.sin(angle);
    }
  const dims = [positions.length, pairs];
  return { cos: { dims, data: cos }, sin: { dims, data: sin } };
}
