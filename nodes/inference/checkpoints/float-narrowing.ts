import { UserError } from '../../core/errors.ts';
import type { WeightDtype } from './weights.ts';

const bits = new Float32Array(1);
const bitsView = new Uint32Array(bits.buffer);

/** Upper half of a float32, rounded to nearest, ties to even; NaN stays NaN. */
function bfloat16Bits(value: number): number {
  bits[0] = value;
  const code = bitsView[0] ?? 0;
  if ((code & 0x7fffffff) > 0x7f800000) return (code >>> 16) | 0x40;
  return (code + 0x7fff + ((code >>> 16) & 1)) >>> 16;
}

/** IEEE 754 binary16, rounded to nearest, ties to even; infinite beyond its range. */
function halfBits(value: number): number {
  bits[0] = value;
  const code = bitsView[0] ?? 0;
  const sign = (code >>> 16) & 0x8000;
  const magnitude = code & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: multiples of 2^-24; the float sum rounds half to even by itself.
    bits[0] = Math.abs(value) + 0.5;
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

function narrowed(values: Float32Array, bitsOf: (value: number) => number): Uint8Array {
  const codes = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) codes[i] = bitsOf(values[i] ?? 0);
  return new Uint8Array(codes.buffer);
}
