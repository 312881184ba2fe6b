import { expect, test } from 'vitest';
import { layerWeight } from '../../../../nodes/inference/foreign/layer-weight.ts';
import type { Dtype, Initializer } from '../../../../nodes/inference/onnx/types.ts';

const inline = (dtype: Dtype, data: Uint8Array | Float32Array): Initializer => ({
  name: 'w',
  dtype,
  shape: [data.length],
  data: { kind: 'inline', bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) },
});

/** Packs a list of codes, each row from a byte on. */
const packed = (codes: readonly (readonly number[])[], bits: number): Uint8Array =>
  Uint8Array.from(
    codes.flatMap((row) =>
      bits === 8
        ? row
        : Array.from(
            { length: Math.ceil(row.length / 2) },
            (_, i) => row[2 * i]! | ((row[2 * i + 1] ?? 0) << 4),
          ),
    ),
  );

test.each([
  { bits: 4, hasZeros: true },
  { bits: 4, hasZeros: false },
  { bits: 8, hasZeros: true },
  { bits: 8, hasZeros: false },
])('blocks of $bits bits, zero points: $hasZeros', ({ bits, hasZeros }) => {
  // The third block of a row is not full.
  const [rows, columns, blockSize, blocks] = [3, 40, 16, 3];
  const most = 2 ** bits;
  const codes = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: blocks * blockSize }, (_, i) => (row * 31 + i * 7) % most),
  );
  const zeros = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: blocks }, (_, i) => (row * 5 + i * 3 + 1) % most),
  );
  const scales = Float32Array.from({ length: rows * blocks }, (_, i) => 2 ** (i % 5) / 8);
  const result = layerWeight({
    rows,
    columns,
    weight: {
      kind: 'blocks',
      bits,
      blockSize,
      codes: inline('uint8', packed(codes, bits)),
      scales: inline('float32', scales),
      zeroPoints: hasZeros ? inline('uint8', packed(zeros, bits)) : undefined,
    },
  });
  const expected = codes.flatMap((row, r) =>
    row.slice(0, columns).map((code, i) => {
      const block = Math.floor(i / blockSize);
      return (code - (hasZeros ? zeros[r]![block]! : most / 2)) * scales[r * blocks + block]!;
    }),
  );
  expect([...result!.values]).toEqual(expected);
});

test('codes that do not make the layer are not read', () => {
  const weight = {
    kind: 'blocks',
    bits: 4,
    blockSize: 16,
    codes: inline('uint8', new Uint8Array(7)),
    scales: inline('float32', new Float32Array(2)),
    zeroPoints: undefined,
  } as const;
  expect(layerWeight({ rows: 2, columns: 16, weight })).toBeUndefined();
});

test('a matrix is turned to [rows, columns]', () => {
  const tensor = { ...inline('float32', Float32Array.of(1, 2, 3, 4, 5, 6)), shape: [3, 2] };
  const turned = layerWeight({
    rows: 2,
    columns: 3,
    weight: { kind: 'floats', tensor, isTransposed: false },
  });
  expect(turned).toEqual({ rows: 2, columns: 3, values: Float32Array.of(1, 3, 5, 2, 4, 6) });
});
