import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toFloat32 } from '../../../../nodes/inference/checkpoints/float-conversion.ts';
import { fromFloat32 } from '../../../../nodes/inference/checkpoints/float-narrowing.ts';

const codes = (dtype: 'F16' | 'BF16', values: number[]) => [
  ...new Uint16Array(fromFloat32(dtype, new Float32Array(values)).slice().buffer),
];
const widened = (dtype: 'F16' | 'BF16', bits: Uint16Array<ArrayBuffer>) => {
  const out = new Float32Array(bits.length);
  toFloat32(dtype, new Uint8Array(bits.buffer), out, 0);
  return out;
};
const everyCode = Uint16Array.from({ length: 65_536 }, (_, i) => i);

describe.each(['F16', 'BF16'] as const)('%s', (dtype) => {
  test('every value of it comes back', () => {
    const values = widened(dtype, everyCode);
    const back = new Uint16Array(fromFloat32(dtype, values).slice().buffer);
    for (const [code, value] of values.entries()) {
      if (!Number.isNaN(value)) expect(back[code]).toBe(code);
    }
  });

  test('other values become the nearest one, even where two are as near', () => {
    const ascending = [...widened(dtype, everyCode.slice(0, dtype === 'F16' ? 0x7c00 : 0x7f80))];
    fc.assert(
      fc.property(
        fc.nat({ max: ascending.length - 2 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (code, part) => {
          const [low, high] = [ascending[code]!, ascending[code + 1]!];
          const value = Math.fround(low + (high - low) * part);
          const [found] = codes(dtype, [value]);
          const [below, above] = [value - low, high - value];
          const nearest = below === above ? code + (code % 2) : below < above ? code : code + 1;
          expect(found).toBe(nearest);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('NaN and infinity stay', () => {
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect([...widened(dtype, Uint16Array.from(codes(dtype, special)))]).toEqual(special);
  });
});

test('half precision overflows from 65520 on', () => {
  expect(codes('F16', [65_519, 65_520, -1e9])).toEqual([0x7bff, 0x7c00, 0xfc00]);
});

test('types that are not written are refused', () => {
  expect(() => fromFloat32('I8', new Float32Array(1))).toThrow(/I8/);
});
