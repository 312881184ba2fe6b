import type { Value } from './types.ts';

/** A matrix [out, in] in blocks of few bits, as `MatMulNBits` reads it. */
export interface BlockMatrix {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** [out, in] */
  readonly shape: readonly [number, number];
  /** uint8 [out, blocks, bytes of a block] */
  readonly codes: Value;
  /** [out · blocks], of the type the graph computes in. */
  readonly scales: Value;
  /** uint8 [out · bytes of a row] */
  readonly zeroPoints: Value;
}

/** A matrix [out, in] as slices of its rows, of which only one has to be in memory at a time. */
export interface RowSlices {
  readonly slices: readonly Value[];
}

/** A linear layer's weight [out, in]. */
export type LinearWeight = Value | BlockMatrix | RowSlices;

export const isBlockMatrix = (weight: LinearWeight): weight is BlockMatrix => 'codes' in weight;
export const isRowSlices = (weight: LinearWeight): weight is RowSlices => 'slices' in weight;
