import { expect, test } from 'vitest';
import { tensor } from '../../../../nodes/core/tensor.ts';
import { applyLatentRgb, fitLatentRgb } from '../../../../nodes/inference/images/latent-rgb.ts';

const values = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => ((Math.sin(i * 12.9898) * 43_758.5453) % 1) * 0.9);

test('a picture that depends linearly on its latent is recovered', () => {
  const [channels, size, block] = [4, 6, 8];
  const latents = tensor([2, channels, size, size], values(2 * channels * size * size));
  const truth = tensor(
    [channels + 1, 3],
    Float32Array.of(0.1, -0.05, 0, 0.02, 0.1, -0.1, 0, 0, 0.05, 0.07, 0, 0.03, 0.5, 0.4, 0.6),
  );
  const small = applyLatentRgb(truth, latents).pixels.data;
  const side = size * block;
  const image = {
    pixels: tensor(
      [2, side, side, 3],
      Float32Array.from({ length: 2 * side * side * 3 }, (_, i) => {
        const [c, x, y] = [i % 3, Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
        return small[(Math.floor(y / block) * size + Math.floor(x / block)) * 3 + c]!;
      }),
    ),
  };
  const fitted = fitLatentRgb(latents, image);
  for (const [i, value] of fitted.data.entries()) expect(value).toBeCloseTo(truth.data[i]!, 4);
});

test('a channel that never varies does no harm', () => {
  const latents = tensor([1, 2, 2, 2], Float32Array.of(1, 2, 3, 4, 0, 0, 0, 0));
  const image = {
    pixels: tensor([1, 2, 2, 3], Float32Array.of(0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3, 0.4, 0.4, 0.4)),
  };
  const preview = applyLatentRgb(fitLatentRgb(latents, image), latents).pixels;
  for (const [i, value] of preview.data.entries()) expect(value).toBeCloseTo(image.pixels.data[i]!, 4);
});

test('previews stay within 0 and 1 and sizes are checked', () => {
  const factors = tensor([2, 3], Float32Array.of(10, -10, 0, 0, 0, 0.5));
  expect([...applyLatentRgb(factors, tensor([1, 1, 1, 1], Float32Array.of(1))).pixels.data]).toEqual([
    1, 0, 0.5,
  ]);
  expect(() => applyLatentRgb(factors, tensor([1, 2, 1, 1]))).toThrow(RangeError);
});
