import { appendFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesPerElement } from '../../../../nodes/inference/checkpoints/dtypes.ts';
import { readSafetensors, readTensor } from '../../../../nodes/inference/checkpoints/safetensors.ts';
import { writeSafetensors } from '../../../../nodes/inference/checkpoints/safetensors-writer.ts';
import type { WeightDtype } from '../../../../nodes/inference/checkpoints/weights.ts';
import { goldenPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Writes one tensor with the given bytes and reads it back as float32. */
async function valuesOf(dtype: WeightDtype, bytes: ArrayBufferView): Promise<number[]> {
  const path = join(await tempFolder(), 'one.safetensors');
  const shape = [bytes.byteLength / bytesPerElement[dtype]];
  await writeSafetensors(path, [{ name: 'w', dtype, shape, data: () => [bytesOf(bytes)] }]);
  const { tensors } = await readSafetensors(path);
  return [...(await readTensor(tensors.get('w')!))];
}

describe('element types', () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const cases: [WeightDtype, ArrayBufferView, number[]][] = [
    ['F32', Float32Array.of(1.5, -0, 3e38), [1.5, -0, Math.fround(3e38)]],
    ['F64', Float64Array.of(1 / 3, 1e300), [Math.fround(1 / 3), infinity]],
    // 1, −2, largest, smallest subnormal, 1/3 rounded, infinities, NaN.
    [
      'F16',
      Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0x7c00, 0xfc00, 0x7e00, 0x8000),
      [1, -2, 65504, 2 ** -24, 0.333251953125, infinity, -infinity, nan, -0],
    ],
    [
      'BF16',
      Uint16Array.of(0x3f80, 0xc000, 0x7f7f, 0x0001, 0x7f80, 0x7fc0, 0x4049),
      [1, -2, Math.fround(3.3895313892515355e38), Math.fround(2 ** -133), infinity, nan, 3.140625],
    ],
    [
      'F8_E4M3',
      Uint8Array.of(0x38, 0xc0, 0x7e, 0x01, 0x08, 0x7f, 0xff, 0x80),
      [1, -2, 448, 2 ** -9, 2 ** -6, nan, nan, -0],
    ],
    [
      'F8_E5M2',
      Uint8Array.of(0x3c, 0xc0, 0x7b, 0x01, 0x7c, 0xfc, 0x7d),
      [1, -2, 57344, 2 ** -16, infinity, -infinity, nan],
    ],
    ['I64', BigInt64Array.of(-3n, 2n ** 40n), [-3, 2 ** 40]],
    ['U64', BigUint64Array.of(2n ** 63n), [2 ** 63]],
    ['I32', Int32Array.of(-70000), [-70000]],
    ['U32', Uint32Array.of(4e9), [4e9]],
    ['I16', Int16Array.of(-300), [-300]],
    ['U16', Uint16Array.of(60000), [60000]],
    ['I8', Int8Array.of(-3, 127), [-3, 127]],
    ['U8', Uint8Array.of(200), [200]],
    ['BOOL', Uint8Array.of(0, 1), [0, 1]],
  ];
  test.each(cases)('%s', async (dtype, bytes, expected) => {
    expect(await valuesOf(dtype, bytes)).toEqual(expected);
  });
});

test('rows are read in the order asked for', async () => {
  const path = join(await tempFolder(), 'rows.safetensors');
  const data = Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600);
  await writeSafetensors(path, [{ name: 'e', dtype: 'F16', shape: [3, 2], data: () => [bytesOf(data)] }]);
  const source = (await readSafetensors(path)).tensors.get('e')!;
  expect([...(await readTensor(source, { rows: [2, 0, 2] }))]).toEqual([5, 6, 1, 2, 5, 6]);
  expect(await readTensor(source, { rows: [] })).toHaveLength(0);
  for (const row of [3, -1, 0.5, Number.NaN]) {
    await expect(readTensor(source, { rows: [row] })).rejects.toThrow(/that has 3 rows/);
  }
});

test('a tensor larger than one chunk comes back whole', async () => {
  const path = join(await tempFolder(), 'large.safetensors');
  const codes = Uint16Array.from({ length: 3_000_000 }, (_, i) => i & 0x7f7f);
  await writeSafetensors(path, [
    { name: 'odd', dtype: 'U8', shape: [3], data: () => [new Uint8Array(3)] },
    { name: 'w', dtype: 'BF16', shape: [3, 1_000_000], data: () => [bytesOf(codes)] },
  ]);
  const values = await readTensor((await readSafetensors(path)).tensors.get('w')!);
  expect(new Uint32Array(values.buffer).every((bits, i) => bits === codes[i]! << 16)).toBe(true);
});

test('what was written is read back, whatever the names, types and pieces', async () => {
  const folder = await tempFolder();
  const tensor = fc.record({
    name: fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom(...(Object.keys(bytesPerElement) as WeightDtype[])),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
    seed: fc.nat(255),
    piece: fc.integer({ min: 1, max: 9 }),
  });
  const texts = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), {
    selector: ([key]) => key,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 }),
      texts,
      async (tensors, metadata) => {
        const path = join(folder, 'any.safetensors');
        const contents = new Map(
          tensors.map(({ name, dtype, shape, seed }) => {
            const length = shape.reduce((product, size) => product * size, bytesPerElement[dtype]);
            return [name, Uint8Array.from({ length }, (_, i) => (seed + i) & 255)];
          }),
        );
        await writeSafetensors(
          path,
          tensors.map(({ name, dtype, shape, piece }) => ({
            name,
            dtype,
            shape,
            *data() {
              const bytes = contents.get(name)!;
              for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
            },
          })),
          new Map(metadata),
        );
        const file = await readSafetensors(path);
        const bytes = await readFile(path);
        expect([...file.metadata]).toEqual(metadata);
        expect(file.size).toBe(bytes.length);
        expect(new Set(file.tensors.keys())).toEqual(new Set(contents.keys()));
        for (const [name, { offset, byteLength, dtype }] of file.tensors) {
          expect([...bytes.subarray(offset, offset + byteLength)]).toEqual([...contents.get(name)!]);
          expect(offset % bytesPerElement[dtype]).toBe(0);
        }
      },
    ),
    { numRuns: 200 },
  );
});

describe('reading', () => {
  test('only the header is read', async () => {
    const file = await readSafetensors(goldenPath('vae-tiny/diffusion_pytorch_model.safetensors'));
    expect(file.tensors.get('decoder.conv_in.weight')).toMatchObject({ dtype: 'F32', shape: [32, 16, 3, 3] });
    expect(file.metadata.get('format')).toBe('pt');
  });

  test('headers longer than the first read', async () => {
    const path = join(await tempFolder(), 'many.safetensors');
    const tensors = Array.from({ length: 3000 }, (_, i) => ({
      name: `layer.${i}.weight`,
      dtype: 'U8' as const,
      shape: [1],
      data: () => [Uint8Array.of(i & 255)],
    }));
    await writeSafetensors(path, tensors);
    const file = await readSafetensors(path);
    expect(file.tensors.size).toBe(3000);
    expect([...(await readTensor(file.tensors.get('layer.2999.weight')!))]).toEqual([2999 & 255]);
  });

  test('a missing file, a folder, a cut off file and one that shrinks', async () => {
    const folder = await tempFolder();
    await expect(readSafetensors(join(folder, 'none.safetensors'))).rejects.toThrow(
      /none.safetensors: it does not exist/,
    );
    await mkdir(join(folder, 'sub'));
    await expect(readSafetensors(join(folder, 'sub'))).rejects.toThrow(/it is a folder/);

    const path = join(folder, 'w.safetensors');
    await writeSafetensors(path, [
      { name: 'w', dtype: 'F32', shape: [4], data: () => [bytesOf(Float32Array.of(1, 2, 3, 4))] },
    ]);
    const { tensors, size } = await readSafetensors(path);
    await truncate(path, size - 1);
    await expect(readSafetensors(path)).rejects.toThrow(/cut off: its tensors need \d+ bytes/);
    await expect(readTensor(tensors.get('w')!)).rejects.toThrow(/ended while it was read/);
    await appendFile(path, 'xx');
    await expect(readSafetensors(path)).rejects.toThrow(/1 bytes after its last tensor/);
    await truncate(path, 20);
    await expect(readSafetensors(path)).rejects.toThrow(/ends after 20 bytes, so it is cut off/);
  });

  test.skipIf(process.platform === 'win32')('a device is refused, not read for ever', async () => {
    await expect(readSafetensors('/dev/zero')).rejects.toThrow(/not a regular file/);
  });
});

describe('writing', () => {
  const failing = {
    name: 'w',
    dtype: 'U8' as const,
    shape: [4],
    *data() {
      yield Uint8Array.of(1, 2);
      throw new Error('the source failed');
    },
  };

  test('a failure leaves the old file and no other', async () => {
    const folder = await tempFolder();
    const path = join(folder, 'model.safetensors');
    await writeFile(path, 'old');
    await expect(writeSafetensors(path, [failing])).rejects.toThrow('the source failed');
    expect(await readdir(folder)).toEqual(['model.safetensors']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  test('data of another length than the shape is refused and leaves nothing', async () => {
    const folder = await tempFolder();
    const tensor = { name: 'w', dtype: 'F32' as const, shape: [2], data: () => [new Uint8Array(4)] };
    await expect(writeSafetensors(join(folder, 'x.safetensors'), [tensor])).rejects.toThrow(
      /4 bytes in place of 8/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder that cannot be written to is told in words', async () => {
    const path = join(await tempFolder(), 'none', 'x.safetensors');
    await expect(writeSafetensors(path, [])).rejects.toThrow(
      /Cannot write .*x\.safetensors: it does not exist/,
    );
  });
});
