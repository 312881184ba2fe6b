import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { tensor } from '../../../../nodes/core/tensor.ts';
import type { Image } from '../../../../nodes/core/values.ts';
import { cropImage } from '../../../../nodes/inference/images/crop.ts';
import { resizeLatent } from '../../../../nodes/inference/images/latent-resize.ts';
import { resizeImage } from '../../../../nodes/inference/images/resize.ts';

const image = (width: number, height: number, at: (x: number, y: number, c: number) => number): Image => ({
  pixels: tensor(
    [1, height, width, 3],
    Float32Array.from({ length: width * height * 3 }, (_, i) =>
      at(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
    ),
  ),
});
const noisy = (width: number, height: number) =>
  image(width, height, (x, y, c) => (0.5 + 0.5 * Math.sin(x * 1.3 + y * 2.1 + c * 0.7 + x * y)) % 1);
const red = ({ pixels }: Image) => Array.from(pixels.data).filter((_, i) => i % 3 === 0);
const methods = ['nearest', 'linear', 'cubic', 'lanczos'] as const;

describe.each(methods)('%s', (method) => {
  const to = (from: Image, width: number, height: number) =>
    resizeImage(from, { width, height }, { fit: 'stretch', method });

  test('the same size is the same picture', () => {
    const from = noisy(9, 6);
    expect(to(from, 9, 6).pixels).toEqual(from.pixels);
  });

  test('a flat picture stays flat and mirroring commutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (width, height) => {
        for (const value of to(
          image(7, 5, () => 0.3),
          width,
          height,
        ).pixels.data)
          expect(value).toBeCloseTo(0.3, 6);
        // Exactly between two pixels "nearest" has to take a side.
        if (method === 'nearest') return;
        const from = noisy(7, 5);
        const mirrored = image(7, 5, (x, y, c) => from.pixels.data[((4 - y) * 7 + (6 - x)) * 3 + c]!);
        const [a, b] = [red(to(from, width, height)), red(to(mirrored, width, height)).reverse()];
        for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, 5);
      }),
      { numRuns: 40 },
    );
  });
});

test('linear keeps a ramp in place when it doubles it', () => {
  const doubled = resizeImage(
    image(4, 1, (x) => x / 10),
    { width: 8, height: 1 },
    { fit: 'stretch', method: 'linear' },
  );
  const expected = [0, 0.025, 0.075, 0.125, 0.175, 0.225, 0.275, 0.3];
  for (const [i, value] of red(doubled).entries()) expect(value).toBeCloseTo(expected[i]!, 6);
});

test('shrinking agrees with an independent implementation', async () => {
  const from = image(96, 64, (x, y, c) => 0.5 + 0.4 * Math.sin(x / 7 + c) * Math.cos(y / 5 - c));
  const deep = Uint16Array.from(from.pixels.data, (value) => Math.round(value * 65_535));
  const sized = { width: 24, height: 16 };
  for (const [method, kernel] of [
    ['cubic', 'cubic'],
    ['lanczos', 'lanczos3'],
  ] as const) {
    const raw = await sharp(deep, { raw: { width: 96, height: 64, channels: 3 } })
      .resize({ ...sized, kernel, fit: 'fill' })
      .toColourspace('rgb16')
      .raw({ depth: 'ushort' })
      .toBuffer();
    const other = new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2);
    const own = resizeImage(from, sized, { fit: 'stretch', method }).pixels.data;
    const worst = Math.max(...own.map((value, i) => Math.abs(value - other[i]! / 65_535)));
    expect(worst, method).toBeLessThan(0.02);
  }
});

test('contain adds white bars, cover crops the middle', () => {
  const from = image(4, 2, (x) => x / 10);
  const contained = resizeImage(from, { width: 4, height: 4 }, { fit: 'contain', method: 'nearest' });
  expect(red(contained)).toEqual([1, 1, 1, 1, ...red(from), 1, 1, 1, 1]);
  const covered = resizeImage(from, { width: 2, height: 2 }, { fit: 'cover', method: 'nearest' });
  expect(red(covered)).toEqual(red(cropImage(from, { x: 1, y: 0, width: 2, height: 2 })));
});

test('any fit gives the asked size, and batches stay apart', () => {
  fc.assert(
    fc.property(
      fc.record({ w: fc.integer({ min: 1, max: 30 }), h: fc.integer({ min: 1, max: 30 }) }),
      fc.constantFrom('stretch' as const, 'cover' as const, 'contain' as const),
      fc.constantFrom(...methods),
      ({ w, h }, fit, method) => {
        const one = noisy(8, 11);
        const two = {
          pixels: tensor([2, 11, 8, 3], Float32Array.of(...one.pixels.data, ...one.pixels.data)),
        };
        const resized = resizeImage(two, { width: w, height: h }, { fit, method }).pixels;
        expect(resized.dims).toEqual([2, h, w, 3]);
        expect(resized.data.subarray(0, h * w * 3)).toEqual(resized.data.subarray(h * w * 3));
        expect(Math.min(...resized.data)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...resized.data)).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 60 },
  );
});

test('areas outside and impossible sizes are told', () => {
  const from = noisy(8, 8);
  for (const area of [
    { x: -1, y: 0, width: 2, height: 2 },
    { x: 7, y: 0, width: 2, height: 2 },
    { x: 0, y: 0, width: 0, height: 2 },
    { x: 0.5, y: 0, width: 2, height: 2 },
  ])
    expect(() => cropImage(from, area)).toThrow(UserError);
  for (const [width, height] of [
    [0, 5],
    [20_000, 20_000],
    [Number.NaN, 3],
  ] as const)
    expect(() => resizeImage(from, { width, height }, { fit: 'stretch', method: 'linear' })).toThrow(
      UserError,
    );
});

test('latents are resized like PyTorch’s interpolate', () => {
  const latent = { channels: 1, samples: tensor([1, 1, 1, 4], Float32Array.of(0, 1, 2, 3)) };
  const sized = (width: number, method: 'nearest' | 'bilinear') => [
    ...resizeLatent(latent, { width, height: 1 }, method).samples.data,
  ];
  // torch.nn.functional.interpolate(torch.arange(4.)[None, None, None], size=(1, n), mode=...)
  expect(sized(6, 'nearest')).toEqual([0, 1, 1, 2, 3, 3]);
  expect(sized(8, 'bilinear')).toEqual([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]);
  expect(sized(2, 'bilinear')).toEqual([0.5, 2.5]);
  expect(sized(2, 'nearest')).toEqual([1, 3]);
  expect(() => resizeLatent(latent, { width: 0, height: 1 }, 'nearest')).toThrow(UserError);
});
