import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { tensor } from '../../../../nodes/core/tensor.ts';
import type { Image } from '../../../../nodes/core/values.ts';
import { labelledSheet } from '../../../../nodes/inference/images/labelled-sheet.ts';
import { drawText } from '../../../../nodes/inference/images/text-block.ts';

const plain = (width: number, height: number, value: number, batch = 1): Image => ({
  pixels: tensor([batch, height, width, 3], new Float32Array(batch * height * width * 3).fill(value)),
});
/** The value of a pixel's red. */
const at = ({ pixels: { dims, data } }: Image, x: number, y: number) => data[(y * dims[2]! + x) * 3]!;
const ink = (rgb: Float32Array) => rgb.reduce((sum, value) => sum + (1 - value), 0);
const options = { columns: ['a', 'b'], rows: ['1', '2'], gap: 4, cellSize: 0 };

describe('a sheet', () => {
  it('has its pictures row by row, and labels at the top and the left', async () => {
    const { sheet, batch } = await labelledSheet(
      [0, 0.25, 0.5, 0.75].map((value) => plain(128, 100, value)),
      options,
    );
    const [, height = 0, width = 0] = sheet.pixels.dims;
    const centres = [
      [width - 128 - 4 - 64, height - 104 - 4 - 50],
      [width - 4 - 64, height - 104 - 4 - 50],
      [width - 128 - 4 - 64, height - 4 - 50],
      [width - 4 - 64, height - 4 - 50],
    ] as const;
    expect(centres.map(([x, y]) => at(sheet, x, y))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(batch.pixels.dims).toEqual([4, 100, 128, 3]);
    expect(at(sheet, 0, 0)).toBe(1);
  });

  it('is no wider than its pictures where the rows have no names', async () => {
    const { sheet } = await labelledSheet([plain(128, 64, 0), plain(128, 64, 0)], { ...options, rows: [] });
    expect(sheet.pixels.dims[2]).toBe(3 * 4 + 2 * 128);
  });

  it('shrinks large pictures, and pads small ones in the middle', async () => {
    const { sheet, batch } = await labelledSheet([plain(400, 200, 0), plain(100, 200, 0.5)], {
      ...options,
      rows: [],
      cellSize: 200,
    });
    const [, height = 0, width = 0] = sheet.pixels.dims;
    expect(width).toBe(3 * 4 + 2 * 200);
    expect(at(sheet, width - 4 - 100, height - 4 - 50)).toBeCloseTo(0.5, 2);
    expect(at(sheet, width - 4 - 190, height - 4 - 50)).toBeCloseTo(1, 5);
    expect(batch.pixels.dims).toEqual([2, 200, 400, 3]);
  });

  it('shows a batch as a grid in its cell', async () => {
    const { batch, sheet } = await labelledSheet([plain(64, 64, 0.2, 4)], {
      ...options,
      columns: ['a'],
      rows: [],
    });
    expect(batch.pixels.dims[0]).toBe(4);
    expect(sheet.pixels.dims[2]).toBeGreaterThan(128);
  });

  it('is refused where it would be too large', async () => {
    await expect(
      labelledSheet([plain(64, 64, 0)], { ...options, rows: [], columns: ['a'], gap: 9000 }),
    ).rejects.toBeInstanceOf(UserError);
  });
});

describe('a label', () => {
  it('is broken into lines and ends with an ellipsis where it is too long', async () => {
    const short = await drawText('seed 1', 200, 14, 3);
    const long = await drawText('many words '.repeat(40), 200, 14, 3);
    expect(short.height).toBe(21);
    expect(long.height).toBeLessThanOrEqual(63);
    expect(long.height).toBeGreaterThan(40);
    expect(ink(long.rgb)).toBeGreaterThan(ink(short.rgb));
  });

  it('takes markup, controls and other scripts as text', async () => {
    for (const text of ['<b>&amp;</b>', 'a\u0000b\ud800c', '一只狐狸', '', '   ', '🦊'.repeat(500)]) {
      const { width, height, rgb } = await drawText(text, 120, 12, 2);
      expect(rgb).toHaveLength(width * height * 3);
      if (text.trim() !== '') expect(ink(rgb)).toBeGreaterThan(1);
    }
  });
});
