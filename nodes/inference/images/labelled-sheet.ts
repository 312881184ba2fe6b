import { concatRows, tensor } from '../../core/tensor.ts';
import type { Image } from '../../core/values.ts';
import { imageGrid } from './grid.ts';
import { checkPictureSize, sizeOf } from './picture-size.ts';
import { resizeImage } from './resize.ts';
import { drawText, type TextBlock } from './text-block.ts';

export interface SheetOptions {
  readonly columns: readonly string[];
  /** Empty: one row without a label. */
  readonly rows: readonly string[];
  /** White pixels between pictures. */
  readonly gap: number;
  /** Longer side of the largest picture on the sheet; 0 keeps all as they are. */
  readonly cellSize: number;
}

const MAX_LABEL_LINES = 4;
/** Width of the labels at the left, of that of a picture. */
const ROW_LABEL_SHARE = 0.6;
/** A label in a narrower column could not be read. */
const MIN_CELL = 96;

/**
 * Pictures on white, row by row, with labels above the columns and beside the rows. A picture that is a
 * batch fills its cell with a grid of its own.
 * @returns the sheet [1, height, width, 3], and all pictures as one batch, padded to one size
 * @throws UserError when the sheet would be larger than 64 megapixels
 */
export async function labelledSheet(
  images: readonly Image[],
  { columns, rows, gap, cellSize }: SheetOptions,
): Promise<{ readonly sheet: Image; readonly batch: Image }> {
  const whole: Image[] = [];
  for (const image of images)
    whole.push(sizeOf(image).batch > 1 ? await imageGrid(image, { columns: 0, gap, labels: [] }) : image);
  const sides = whole.map(sizeOf);
  const largest = {
    width: Math.max(MIN_CELL, ...sides.map(({ width }) => width)),
    height: Math.max(MIN_CELL, ...sides.map(({ height }) => height)),
  };
  const scale = cellSize > 0 ? Math.min(1, cellSize / Math.max(largest.width, largest.height)) : 1;
  const cell = {
    width: Math.round(largest.width * scale),
    height: Math.round(largest.height * scale),
  };
  const fontSize = Math.round(Math.min(26, Math.max(11, cell.width / 18)));
  const heads: TextBlock[] = [];
  for (const label of columns) heads.push(await drawText(label, cell.width, fontSize, MAX_LABEL_LINES));
  const sideWidth = rows.length > 0 ? Math.max(MIN_CELL, Math.round(cell.width * ROW_LABEL_SHARE)) : 0;
  const beside: TextBlock[] = [];
  for (const label of rows)
    beside.push(await drawText(label, sideWidth, fontSize, Math.floor(cell.height / (fontSize * 1.5))));

  const left = rows.length > 0 ? sideWidth + 2 * gap : gap;
  const top = Math.max(0, ...heads.map(({ height }) => height)) + 2 * gap;
  const count = Math.max(1, rows.length);
  const width = left + columns.length * (cell.width + gap);
  const height = top + count * (cell.height + gap);
  checkPictureSize(width, height, 'The sheet');
  const data = new Float32Array(height * width * 3).fill(1);
  const paste = ({ rgb, ...block }: TextBlock, x: number, y: number) => {
    for (let row = 0; row < block.height; row++)
      data.set(rgb.subarray(row * block.width * 3, (row + 1) * block.width * 3), ((y + row) * width + x) * 3);
  };
  for (const [i, head] of heads.entries())
    paste(head, left + i * (cell.width + gap), top - gap - head.height);
  for (const [i, side] of beside.entries())
    paste(side, gap, top + i * (cell.height + gap) + Math.floor((cell.height - side.height) / 2));
  for (const [i, image] of whole.entries()) {
    const x = left + (i % columns.length) * (cell.width + gap);
    const y = top + Math.floor(i / columns.length) * (cell.height + gap);
    paste(fitted(image, cell), x, y);
  }
  return { sheet: { pixels: tensor([1, height, width, 3], data) }, batch: stacked(images) };
}

/** A picture in the middle of a cell, never enlarged. */
function fitted(image: Image, cell: { readonly width: number; readonly height: number }): TextBlock {
  const { width, height } = sizeOf(image);
  const isSame = width === cell.width && height === cell.height;
  const resized = isSame ? image : resizeImage(image, cell, { fit: 'contain', method: 'lanczos' });
  return { ...cell, rgb: resized.pixels.data };
}

function stacked(images: readonly Image[]): Image {
  const sides = images.map(sizeOf);
  const size = {
    width: Math.max(...sides.map(({ width }) => width)),
    height: Math.max(...sides.map(({ height }) => height)),
  };
  const same = images.map((image) => {
    const { width, height } = sizeOf(image);
    if (width === size.width && height === size.height) return image;
    return resizeImage(image, size, { fit: 'contain', method: 'lanczos' });
  });
  return { pixels: concatRows(same.map(({ pixels }) => pixels)) };
}
