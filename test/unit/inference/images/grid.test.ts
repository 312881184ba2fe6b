import { expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { tensor } from '../../../../nodes/core/tensor.ts';
import { imageGrid } from '../../../../nodes/inference/images/grid.ts';

/** Five flat grey pictures of 20 x 10 with light 0.1 … 0.5. */
const pictures = {
  pixels: tensor(
    [5, 10, 20, 3],
    Float32Array.from({ length: 5 * 600 }, (_, i) => (Math.floor(i / 600) + 1) / 10),
  ),
};

test('pictures lie row by row with white gaps', async () => {
  const { pixels } = await imageGrid(pictures, { columns: 3, gap: 2, labels: [] });
  expect(pixels.dims).toEqual([1, 22, 64, 3]);
  const at = (x: number, y: number) => pixels.data[(y * 64 + x) * 3]!;
  expect([at(0, 0), at(19, 9), at(20, 0), at(22, 0), at(44, 5)].map((v) => v.toFixed(1))).toEqual([
    '0.1',
    '0.1',
    '1.0',
    '0.2',
    '0.3',
  ]);
  expect([at(0, 10), at(0, 12), at(22, 21), at(50, 15)].map((v) => v.toFixed(1))).toEqual([
    '1.0',
    '0.4',
    '0.5',
    '1.0',
  ]);
});

test('without a column count the grid is about square', async () => {
  const { pixels } = await imageGrid(pictures, { columns: 0, gap: 0, labels: [] });
  expect(pixels.dims).toEqual([1, 20, 60, 3]);
});

test('labels are drawn below, whatever they contain', async () => {
  const wide = { pixels: tensor([2, 16, 200, 3]) };
  const labels = ['cat & <dog> "x"', '\u0000\ud800 一只猫'];
  const { pixels } = await imageGrid(wide, { columns: 2, gap: 0, labels });
  const [, height = 0] = pixels.dims;
  expect(height).toBeGreaterThan(16);
  const below = pixels.data.subarray(16 * 400 * 3);
  expect(Math.max(...below)).toBe(1);
  const dark = below.reduce((sum, value) => sum + (value < 0.5 ? 1 : 0), 0);
  expect(dark).toBeGreaterThan(50);
  expect(dark).toBeLessThan(below.length / 4);
});

test('a grid beyond 64 megapixels is refused', async () => {
  const large = { pixels: tensor([2, 4096, 4096, 3], new Float32Array(2 * 4096 * 4096 * 3)) };
  await expect(imageGrid(large, { columns: 2, gap: 5000, labels: [] })).resolves.toBeDefined();
  await expect(imageGrid(large, { columns: 2, gap: 20_000, labels: [] })).rejects.toBeInstanceOf(UserError);
});
