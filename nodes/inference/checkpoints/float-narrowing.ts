import { UserError } from '../../core/errors.ts';
import type { WeightDtype } from './weights.ts';

const bits = new Float32Array(1);
const bitsView = new Uint32Array(bits.buffer);

/** Upper half of a float32, given by its bits, rounded to nearest, ties to even; NaN stays NaN. */
function bfloat16Bits(code: number): number {
  if ((code & 0x7fffffff) > 0x7f800000) return (code >>> 16) | 0x40;
  return (code + 0x7fff + ((code >>> 16) & 1)) >>> 16;
}

/** IEEE 754 binary16 of a float32, given by its bits, rounded to nearest, ties to even; infinite beyond its range. */
function halfBits(code: number): number {
  const sign = (code >>> 16) & 0x8000;
  const magnitude = code & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: multiples of 2^-24; the float sum rounds half to even by itself.
    bitsView[0] = magnitude;
    bits[0] = (bits[0] ?? 0) + 0.5;
    return sign | ((bitsView[0] ?? 0) - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/**
 * Little-endian elements of a float dtype, rounded to nearest even.
 *
 * @throws UserError for a dtype that is not written
 */
export function fromFloat32(dtype: WeightDtype, values: Float32Array): Uint8Array {
  switch (dtype) {
    case 'F32':
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    case 'F64':
      return new Uint8Array(new Float64Array(values).buffer);
    case 'BF16':
      return narrowed(values, bfloat16Bits);
    case 'F16':
      return narrowed(values, halfBits);
    default:
      throw new UserError(`Weights of the type ${dtype} cannot be written.`, {
        hint: 'Use a checkpoint in bf16, f16 or f32.',
      });
  }
}

function narrowed(values: Float32Array, bitsOf: (code: number) => number): Uint8Array {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const codes = new Uint16Array(values.length);
  for (let i = 0; i < wide.length; i++) codes[i] = bitsOf(wide[i] ?? 0);
  return new Uint8Array(codes.buffer);
}
