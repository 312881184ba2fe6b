import type { Precision } from '../../core/precision.ts';
import { elementCount } from '../../core/tensor.ts';
import type { PartKind } from '../checkpoints/architecture.ts';
import type { Weights } from '../checkpoints/weights.ts';
import { isInGraph, isQuantised } from '../precision/conversion.ts';
import { blockFormats, isBlockPrecision } from '../precision/formats.ts';

/** Sizes of a part's weights, as far as its graph reads them. */
export interface WeightSizes {
  /** Bytes in the files. */
  readonly stored: number;
  readonly elements: number;
  /** Elements stored as bfloat16. */
  readonly bfloat16: number;
  /** Elements of matrices that can be quantised; few are not among them. */
  readonly inBlocks: number;
}

/** Private memory of weights that are widened layer by layer, of the size of their file. */
const MAPPED_SHARE = 0.12;
/** The CPU keeps blocks in an order of its own, with sums beside the scales. */
const CPU_BLOCK_SHARE = 1.25;

export function weightSizes(part: PartKind, weights: Weights): WeightSizes {
  let stored = 0;
  let elements = 0;
  let bfloat16 = 0;
  let inBlocks = 0;
  for (const [name, source] of weights) {
    if (!isInGraph(name)) continue;
    const count = elementCount(source.shape);
    stored += source.byteLength;
    elements += count;
    if (source.dtype === 'BF16') bfloat16 += count;
    if (isQuantised(part, name, source, blockFormats.int4)) inBlocks += count;
  }
  return { stored, elements, bfloat16, inBlocks };
}

/**
 * Bytes a part's weights take where they are computed with: on a GPU all of them, on a CPU what is not
 * mapped from a file.
 * @param computeBytes per element of what the graph computes in: 4 or 2
 */
export function residentBytes(
  { stored, elements, inBlocks }: WeightSizes,
  precision: Precision,
  isCpu: boolean,
  computeBytes: 2 | 4,
): number {
  if (isBlockPrecision(precision)) {
    const { bits, blockSize } = blockFormats[precision];
    const perElement = bits / 8 + (computeBytes + bits / 8) / blockSize;
    const rest = (elements - inBlocks) * computeBytes;
    const blocks = inBlocks * perElement;
    return Math.round(isCpu ? blocks * CPU_BLOCK_SHARE + rest * MAPPED_SHARE : blocks + rest);
  }
  if (precision === 'f32') return elements * 4;
  if (isCpu) return Math.round((precision === 'f16' ? elements * 2 : stored) * MAPPED_SHARE);
  return elements * computeBytes;
}

/** Bytes read from files while a network runs, which a machine without room for them reads again at every step. */
export function mappedBytes({ stored, elements }: WeightSizes, precision: Precision): number {
  if (precision === 'bf16') return stored;
  return precision === 'f16' ? elements * 2 : 0;
}
