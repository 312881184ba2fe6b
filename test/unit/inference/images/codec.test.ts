import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { tensor } from '../../../../nodes/core/tensor.ts';
import { decodePicture } from '../../../../nodes/inference/images/decode-picture.ts';
import {
  encodePicture,
  encodePreview,
  picturesOf,
} from '../../../../nodes/inference/images/encode-picture.ts';

/** Deterministic, not symmetric in any direction. */
const sample = (width: number, height: number) =>
  Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37 + (i >> 3) * 11) % 256);
const raw = (bytes: Uint8Array, width: number, height: number, channels: 1 | 2 | 3 | 4) =>
  sharp(bytes, { raw: { width, height, channels } });
const bytesOf = (data: Float32Array) => [...data].map((value) => Math.round(value * 255));

test('PNG and lossless WebP come back exactly', async () => {
  const rgb = sample(7, 5);
  for (const file of [
    await raw(rgb, 7, 5, 3).png().toBuffer(),
    await raw(rgb, 7, 5, 3).webp({ lossless: true }).toBuffer(),
  ]) {
    const { pixels } = await decodePicture(file, 'x');
    expect(pixels.dims).toEqual([1, 5, 7, 3]);
    expect(pixels.data).toEqual(Float32Array.from(rgb, (byte) => byte / 255));
  }
});

test('JPEG, grey and CMYK become RGB', async () => {
  const flat = (jpeg: Sharp) => jpeg.jpeg({ quality: 100 }).toBuffer();
  const create = { width: 16, height: 8, channels: 3, background: '#c08040' } as const;
  const rgb = await decodePicture(await flat(sharp({ create })), 'x');
  expect(bytesOf(rgb.pixels.data.slice(0, 3))).toEqual([192, 128, 64]);
  const cmyk = await decodePicture(await flat(sharp({ create }).toColourspace('cmyk')), 'x');
  for (const [c, byte] of bytesOf(cmyk.pixels.data.slice(0, 3)).entries())
    expect(Math.abs(byte - [192, 128, 64][c]!)).toBeLessThan(40);
  const grey = await decodePicture(
    await raw(Uint8Array.of(0, 51, 255), 3, 1, 1)
      .toColourspace('b-w')
      .png()
      .toBuffer(),
    'x',
  );
  expect(bytesOf(grey.pixels.data)).toEqual([0, 0, 0, 51, 51, 51, 255, 255, 255]);
});

test('16 bits are kept', async () => {
  const deep = Uint16Array.of(0, 1, 2, 257, 40_000, 65_535);
  const file = await sharp(deep, { raw: { width: 2, height: 1, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  const { pixels } = await decodePicture(file, 'x');
  expect(pixels.data).toEqual(Float32Array.from(deep, (value) => value / 65_535));
});

test('what is transparent shows white', async () => {
  const file = await raw(Uint8Array.of(10, 20, 30, 0, 0, 100, 200, 255, 0, 0, 0, 51), 3, 1, 4)
    .png()
    .toBuffer();
  const { pixels } = await decodePicture(file, 'x');
  expect(bytesOf(pixels.data)).toEqual([255, 255, 255, 0, 100, 200, 204, 204, 204]);
});

test('the EXIF orientation turns the picture', async () => {
  const file = await raw(sample(4, 2), 4, 2, 3).withMetadata({ orientation: 6 }).png().toBuffer();
  const { pixels } = await decodePicture(file, 'x');
  expect(pixels.dims).toEqual([1, 4, 2, 3]);
  const upright = await raw(sample(4, 2), 4, 2, 3).rotate(90).raw().toBuffer();
  expect(bytesOf(pixels.data)).toEqual([...upright]);
});

test('damaged, foreign and oversized files are told by name', async () => {
  const whole = await raw(sample(64, 64), 64, 64, 3).png().toBuffer();
  const jpeg = await raw(sample(64, 64), 64, 64, 3).jpeg().toBuffer();
  const huge = await sharp({ create: { width: 12_000, height: 6000, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const gif = await raw(sample(8, 8), 8, 8, 3).gif().toBuffer();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
  for (const [file, words] of [
    [Buffer.alloc(0), 'cannot be read'],
    [Buffer.from('hello'), 'cannot be read'],
    [whole.subarray(0, 300), 'cannot be read'],
    [jpeg.subarray(0, jpeg.length - 400), 'cannot be read'],
    [huge, 'has 12000 x 6000 pixels'],
    [gif, 'is GIF'],
    [svg, 'is SVG'],
  ] as const) {
    const error = await decodePicture(file, 'cats/a.png').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toContain('icture cats/a.png');
    expect((error as UserError).message).toContain(words);
    expect((error as UserError).message).not.toContain('\n');
  }
});

test('values are clamped and rounded half to even', async () => {
  const values = [-1, 0, Number.NaN, 0.5 / 255, 1.5 / 255, 2.5 / 255, 0.999, 2, 100 / 255];
  const image = { pixels: tensor([1, 1, 3, 3], Float32Array.from(values)) };
  const png = await encodePicture(image, 'png');
  // In float32, 0.5/255·255 is 0.5 exactly and so on: halves go to the even neighbour.
  expect([...(await sharp(png).raw().toBuffer())]).toEqual([0, 0, 0, 0, 2, 2, 255, 255, 100]);
});

test.each(['png', 'webp', 'jpeg'] as const)(
  '%s: equal pixels give equal bytes of that format',
  async (format) => {
    const pixels = tensor(
      [1, 32, 48, 3],
      Float32Array.from(sample(48, 32), (byte) => byte / 255),
    );
    const [first, second] = [
      await encodePicture({ pixels }, format),
      await encodePicture({ pixels }, format),
    ];
    expect(first).toEqual(second);
    expect(await sharp(first).metadata()).toMatchObject({ format, width: 48, height: 32 });
  },
);

test('a batch is encoded picture by picture', async () => {
  const pixels = tensor([2, 1, 1, 3], Float32Array.of(0, 0, 0, 1, 1, 1));
  const files = await Promise.all(picturesOf({ pixels }).map((picture) => encodePicture(picture, 'png')));
  const shown = await Promise.all(files.map((file) => sharp(file).raw().toBuffer()));
  expect(shown.map((bytes) => [...bytes])).toEqual([
    [0, 0, 0],
    [255, 255, 255],
  ]);
});

test('a preview is a JPEG of the asked side', async () => {
  for (const side of [128, 8]) {
    const preview = await encodePreview({ pixels: tensor([1, 16, 32, 3]) }, side);
    expect(await sharp(preview).metadata()).toMatchObject({ format: 'jpeg', width: side, height: side / 2 });
  }
});
