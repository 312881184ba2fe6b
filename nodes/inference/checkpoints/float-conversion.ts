import { bytesPerElement } from './dtypes.ts';
import type { WeightDtype } from './weights.ts';

/** The value of every code of a small float format with a sign bit, an exponent and a mantissa. */
function valuesOf(
  exponentBits: number,
  mantissaBits: number,
  special: (mantissa: number) => number | undefined,
) {
  const table = new Float32Array(2 ** (1 + exponentBits + mantissaBits));
  const highest = 2 ** exponentBits - 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const steps = 2 ** mantissaBits;
  for (let code = 0; code < table.length; code++) {
    const sign = code < table.length / 2 ? 1 : -1;
    const exponent = (code >> mantissaBits) & highest;
    const mantissa = code & (steps - 1);
    const size =
      exponent === 0 ? (mantissa / steps) * 2 ** (1 - bias) : (1 + mantissa / steps) * 2 ** (exponent - bias);
    table[code] = sign * ((exponent === highest ? special(mantissa) : undefined) ?? size);
  }
  return table;
}

const lazily = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const infinityOrNaN = (mantissa: number) => (mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN);

/** IEEE 754 binary16. */
const halfTable = lazily(() => valuesOf(5, 10, infinityOrNaN));
/** OCP 8-bit float E4M3, as PyTorch's float8_e4m3fn: no infinities, one NaN per sign. */
const e4m3Table = lazily(() => valuesOf(4, 3, (mantissa) => (mantissa === 7 ? Number.NaN : undefined)));
/** OCP 8-bit float E5M2. */
const e5m2Table = lazily(() => valuesOf(5, 2, infinityOrNaN));

function lookUp(codes: Uint16Array | Uint8Array, table: Float32Array, out: Float32Array, at: number): void {
  for (let i = 0; i < codes.length; i++) out[at + i] = table[codes[i] ?? 0] ?? 0;
}

function copyBigInts(values: BigInt64Array | BigUint64Array, out: Float32Array, at: number): void {
  for (let i = 0; i < values.length; i++) out[at + i] = Number(values[i] ?? 0n);
}

/** Element types that a typed array reads as they are. */
const plainArrays = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/**
 * Widens or narrows little-endian elements to float32, written to `out` from index `at` on.
 * Integers and F64 are rounded to the nearest float32; BF16, F16 and both F8 are exact.
 */
export function toFloat32(
  dtype: WeightDtype,
  bytes: Uint8Array<ArrayBuffer>,
  out: Float32Array,
  at: number,
): void {
  const size = bytesPerElement[dtype];
  // Typed arrays of wider elements must begin at a multiple of their size.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const view = [aligned.buffer, aligned.byteOffset, aligned.length / size] as const;
  switch (dtype) {
    case 'BF16': {
      // A bfloat16 is the upper half of a float32.
      const codes = new Uint16Array(...view);
      const bits = new Uint32Array(out.buffer, out.byteOffset + at * 4, codes.length);
      for (let i = 0; i < codes.length; i++) bits[i] = (codes[i] ?? 0) << 16;
      break;
    }
    case 'F16':
      lookUp(new Uint16Array(...view), halfTable(), out, at);
      break;
    case 'F8_E4M3':
      lookUp(aligned, e4m3Table(), out, at);
      break;
    case 'F8_E5M2':
      lookUp(aligned, e5m2Table(), out, at);
      break;
    case 'I64':
      copyBigInts(new BigInt64Array(...view), out, at);
      break;
    case 'U64':
      copyBigInts(new BigUint64Array(...view), out, at);
      break;
    default:
      out.set(new plainArrays[dtype](...view), at);
  }
}
