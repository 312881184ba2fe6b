import type { Precision } from '../../core/precision.ts';
import type { BlockFormat } from './quantise.ts';

/**
 * Smaller blocks are more exact and slower. 4 bits need them; 8 bits do not, and large blocks make them the
 * fastest form there is on a CPU.
 */
export const blockFormats = {
  int4: { bits: 4, blockSize: 32 },
  int8: { bits: 8, blockSize: 128 },
} as const satisfies Partial<Record<Precision, BlockFormat>>;

export const isBlockPrecision = (precision: Precision): precision is keyof typeof blockFormats =>
  precision in blockFormats;
