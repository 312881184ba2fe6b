import type { WeightDtype } from './weights.ts';

/** Bytes of one element. */
export const bytesPerElement: Readonly<Record<WeightDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export const isWeightDtype = (text: string): text is WeightDtype => Object.hasOwn(bytesPerElement, text);

/** Number of elements of a shape, or undefined where it is beyond exact integers. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}
