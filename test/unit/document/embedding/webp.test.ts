import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { concatBytes } from '../../../../nodes/document/embedding/bytes.ts';
import { embedText } from '../../../../nodes/document/embedding/embed-text.ts';
import { readText } from '../../../../nodes/document/embedding/read-text.ts';
import { readRiffChunks } from '../../../../nodes/document/embedding/riff.ts';
import { entryLists, mutate, mutations, onlyUserErrors } from '../../../support/picture-fuzz.ts';

const noInflate = () => {
  throw new Error('WebP texts are never packed');
};
const read = (bytes: Uint8Array) => readText(bytes, noInflate);

const flat = (alpha: number) =>
  sharp({ create: { width: 21, height: 13, channels: 4, background: { r: 200, g: 40, b: 90, alpha } } });
const pictures = {
  lossy: new Uint8Array(await flat(1).removeAlpha().webp().toBuffer()),
  lossless: new Uint8Array(await flat(1).removeAlpha().webp({ lossless: true }).toBuffer()),
  'lossless with alpha': new Uint8Array(await flat(0.5).webp({ lossless: true }).toBuffer()),
  'lossy with alpha': new Uint8Array(await flat(0.5).webp().toBuffer()),
  'with camera data and colour profile': new Uint8Array(
    await flat(1)
      .withExif({ IFD0: { Make: 'Camera', Copyright: 'me: 2026' }, IFD2: { UserComment: 'hello' } })
      .withIccProfile('srgb')
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
      .webp()
      .toBuffer(),
  ),
};

describe.each(Object.entries(pictures))('%s', (_name, picture) => {
  const withText = embedText(picture, { kronode: '{"x":"é漢"}', workflow: '{}', prompt: '{"1":{}}' });

  test('texts come back and the picture is the same', async () => {
    const texts = await read(withText);
    expect(texts.get('kronode')).toBe('{"x":"é漢"}');
    expect(texts.get('workflow')).toBe('{}');
    expect(texts.get('prompt')).toBe('{"1":{}}');
    const raw = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(await raw(withText)).toEqual(await raw(picture));
  });

  test('the header flags say what is inside', async () => {
    const before = await sharp(picture).metadata();
    const after = await sharp(withText).metadata();
    expect(after).toMatchObject({
      width: 21,
      height: 13,
      hasAlpha: before.hasAlpha,
      hasProfile: before.hasProfile,
    });
    const chunks = readRiffChunks(withText);
    const names = chunks.map(({ name }) => name);
    expect(names[0]).toBe('VP8X');
    expect(names.filter((name) => name === 'EXIF')).toHaveLength(1);
    const flags = chunks[0]!.data[0]!;
    expect(flags & 0x08).toBeTruthy();
    expect(Boolean(flags & 0x20)).toBe(names.includes('ICCP'));
    expect(Boolean(flags & 0x04)).toBe(names.includes('XMP '));
    expect(Boolean(flags & 0x10)).toBe(before.hasAlpha);
  });

  test('other tools keep the texts', async () => {
    const rewritten = await sharp(withText).keepMetadata().webp().toBuffer();
    const texts = await read(rewritten);
    expect(texts.get('kronode')).toBe('{"x":"é漢"}');
    expect(texts.get('workflow')).toBe('{}');
    expect(texts.get('prompt')).toBe('{"1":{}}');
  });
});

test('ComfyUI finds its texts under Make and Model', async () => {
  const { exif } = await sharp(embedText(pictures.lossy, { workflow: '{"a":1}', prompt: '{}' })).metadata();
  const directory = exif!.readUInt32LE(4);
  const fields = Array.from({ length: exif!.readUInt16LE(directory) }, (_, i) => {
    const at = directory + 2 + 12 * i;
    const start = exif!.readUInt32LE(at + 8);
    return [exif!.readUInt16LE(at), exif!.toString('utf8', start, start + exif!.readUInt32LE(at + 4))];
  });
  expect(fields).toEqual([
    [0x010f, 'workflow:{"a":1}\0'],
    [0x0110, 'prompt:{}\0'],
  ]);
});

test('camera data survives', async () => {
  const picture = embedText(pictures['with camera data and colour profile'], { workflow: '{}' });
  const { exif } = await sharp(picture).metadata();
  const text = exif!.toString('latin1');
  expect(text).toContain('Camera');
  expect(text).toContain('hello');
});

test('any texts come back, also when replaced', async () => {
  await fc.assert(
    fc.asyncProperty(entryLists, async (entries) => {
      const old = embedText(pictures.lossy, { kronode: 'replaced', other: 'stays' });
      const expected: Record<string, string> = { other: 'stays', kronode: '{}', ...entries };
      const bytes = embedText(old, { kronode: '{}', ...entries });
      expect(Object.fromEntries(await read(bytes))).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test('arbitrary and mutated bytes are read or refused in words', async () => {
  const head = pictures.lossy.subarray(0, 12);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) =>
      onlyUserErrors(async () => {
        await read(bytes);
        await read(concatBytes([head, bytes]));
      }),
    ),
    { numRuns: 1000 },
  );
  const whole = embedText(pictures['with camera data and colour profile'], { kronode: 'x'.repeat(30) });
  await fc.assert(
    fc.asyncProperty(mutations, (changes) =>
      onlyUserErrors(async () => {
        const file = mutate(whole, changes);
        await read(file);
        await read(embedText(file, { kronode: 'y' }));
      }),
    ),
    { numRuns: 1500 },
  );
});

test('a directory of overlapping texts cannot multiply work', async () => {
  const exif = new Uint8Array(1 << 20).fill(0x61);
  const view = new DataView(exif.buffer);
  exif.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, 8, true);
  view.setUint16(8, 65_535, true);
  for (let i = 0; i < 65_535; i++) {
    const at = 10 + i * 12;
    view.setUint16(at, i, true);
    view.setUint16(at + 2, 2, true);
    view.setUint32(at + 4, 200_000, true);
    view.setUint32(at + 8, 800_000, true);
  }
  exif.set([0x6b, 0x3a], 800_000);
  const body = concatBytes([
    pictures.lossy.subarray(0, 12),
    new TextEncoder().encode('EXIF'),
    new Uint8Array(4),
    exif,
  ]);
  new DataView(body.buffer).setUint32(4, body.length - 8, true);
  new DataView(body.buffer).setUint32(16, exif.length, true);
  const start = performance.now();
  await expect(read(body)).rejects.toBeInstanceOf(UserError);
  expect(performance.now() - start).toBeLessThan(2000);
});

test('JPEG is refused with a remedy', () => {
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
  expect(() => embedText(jpeg, { kronode: '{}' })).toThrow('Only PNG and WebP');
});
