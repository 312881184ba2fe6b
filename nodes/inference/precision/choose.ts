import type { ComputeType, Precision, PrecisionChoice } from '../../core/precision.ts';
import type { PartKind } from '../checkpoints/architecture.ts';
import { mappedBytes, residentBytes, type WeightSizes } from '../memory/footprint.ts';

/** What a precision is chosen by. */
export interface PrecisionNeed {
  readonly part: PartKind;
  readonly choice: PrecisionChoice;
  readonly sizes: WeightSizes;
  readonly isCpu: boolean;
  /** Whether the device computes in half precision, and does so right. */
  readonly half: boolean;
  /** The same for bfloat16. */
  readonly bfloat16: boolean;
  /** Bytes networks may take together where they are computed with. */
  readonly budgetBytes: number;
  /** Memory of the machine. */
  readonly hostBytes: number;
}

export interface ChosenPrecision {
  readonly precision: Precision;
  readonly compute: ComputeType;
  /** Weights as they take memory. */
  readonly bytes: number;
  /** Why, as the end of a sentence. */
  readonly reason: string;
}

/** Share of the machine's memory up to which weights are widened ahead of time, for speed. */
const WIDE_SHARE = 0.2;
/** Share of the machine's memory that pages of files can be expected to keep. */
const PAGES_SHARE = 0.6;
/** Share of the budget a network's weights may take; the rest is for what it computes. */
const WEIGHTS_SHARE = 0.85;
/** Of a checkpoint's elements, for it to count as one in bfloat16. */
const MOST = 0.95;
/** On a GPU models up to this size are not worth rounding. */
const SMALL_BYTES = 2 ** 30;

/**
 * The precision a part runs in. `auto` takes the most exact one that fits: it never gives up exactness for
 * speed alone.
 */
export function choosePrecision(need: PrecisionNeed): ChosenPrecision {
  const { choice, part } = need;
  if (choice !== 'auto')
    return settled(need, part === 'vae' ? vaePrecision(choice) : choice, chosenReason(need));
  if (part === 'vae') return settled(need, 'f32', 'it is small');
  return need.isCpu ? onCpu(need) : onGpu(need);
}

const FLOAT32_ONLY = 'this GPU computes in float32 only';

function chosenReason({ choice, isCpu, half, bfloat16 }: PrecisionNeed): string {
  if (isCpu) return 'chosen';
  if (choice === 'f16' && !half) return `chosen, though ${FLOAT32_ONLY}`;
  return choice === 'bf16' && !bfloat16 ? 'chosen, though this GPU widens it to float32' : 'chosen';
}

/** An autoencoder is small and all convolutions, which are not quantised. */
const vaePrecision = (choice: Precision): Precision =>
  choice === 'f16' || choice === 'bf16' ? choice : 'f32';

function onCpu(need: PrecisionNeed): ChosenPrecision {
  const { sizes, hostBytes } = need;
  if (sizes.elements * 4 <= hostBytes * WIDE_SHARE) return settled(need, 'f32', 'it fits as float32');
  if (mappedBytes(sizes, 'bf16') <= hostBytes * PAGES_SHARE)
    return settled(need, 'bf16', 'its weights stay in their file and are widened while it runs');
  const int8 = settled(need, 'int8', 'its file is larger than what this machine can keep at hand');
  return int8.bytes <= hostBytes * PAGES_SHARE ? int8 : settled(need, 'int4', int8.reason);
}

function onGpu(need: PrecisionNeed): ChosenPrecision {
  const { sizes, half, bfloat16, budgetBytes } = need;
  const room = budgetBytes * WEIGHTS_SHARE;
  const isSmall = sizes.elements * 4 <= SMALL_BYTES;
  const fits = (precision: Precision, reason: string) => {
    const option = settled(need, precision, reason);
    return option.bytes <= room ? option : undefined;
  };
  return (
    (isSmall || !half ? fits('f32', isSmall ? 'it is small' : FLOAT32_ONLY) : undefined) ??
    (bfloat16 && sizes.bfloat16 >= MOST * sizes.elements ? fits('bf16', 'it fits as it is') : undefined) ??
    (half ? fits('f16', 'it fits in half precision') : undefined) ??
    fits('int8', 'it does not fit the GPU unquantised') ??
    settled(need, 'int4', 'it does not fit the GPU in more bits')
  );
}

function settled(need: PrecisionNeed, precision: Precision, reason: string): ChosenPrecision {
  const { sizes, isCpu, part } = need;
  const compute = computeFor(need, precision);
  const bytes =
    part === 'vae' && compute === 'float32'
      ? sizes.elements * 4
      : residentBytes(sizes, precision, isCpu, compute === 'float32' ? 4 : 2);
  return { precision, compute, bytes, reason };
}

function computeFor({ isCpu, half, bfloat16, part }: PrecisionNeed, precision: Precision): ComputeType {
  if (isCpu || precision === 'f32') return 'float32';
  // It is the products of linear layers that bfloat16 is for; an autoencoder has convolutions.
  if (precision === 'bf16') return bfloat16 && part !== 'vae' ? 'bfloat16' : 'float32';
  // What was quantised for want of room is computed in half precision where that works.
  return half ? 'float16' : 'float32';
}
