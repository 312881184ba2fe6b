import { tensor } from '../../core/tensor.ts';
import type { Image } from '../../core/values.ts';
import { labelMetrics, renderLabel } from './grid-label.ts';
import { checkPictureSize, sizeOf } from './picture-size.ts';

export interface GridOptions {
  /** 0 = about as many columns as rows. */
  readonly columns: number;
  /** White pixels between pictures. */
  readonly gap: number;
  /** One per picture, drawn below it; missing ones stay empty, none at all means no label rows. */
  readonly labels: readonly string[];
}

/**
 * The pictures of a batch side by side on white, row by row, as one IMAGE [1, height, width, 3].
 * @throws UserError when the grid would be larger than 64 megapixels.
 */
export async function imageGrid(image: Image, { columns, gap, labels }: GridOptions): Promise<Image> {
  const { batch, height, width } = sizeOf(image);
  const across = Math.min(batch, columns > 0 ? columns : Math.ceil(Math.sqrt(batch)));
  const down = Math.ceil(batch / across);
  const band = labels.length > 0 ? labelMetrics(width).bandHeight : 0;
  const gridWidth = across * width + (across - 1) * gap;
  const gridHeight = down * (height + band) + (down - 1) * gap;
  checkPictureSize(gridWidth, gridHeight, 'The grid');
  const data = new Float32Array(gridHeight * gridWidth * 3).fill(1);
  const paste = (rgb: Float32Array, x: number, y: number) => {
    for (let at = 0, row = y; at < rgb.length; at += width * 3, row++)
      data.set(rgb.subarray(at, at + width * 3), (row * gridWidth + x) * 3);
  };
  const pictureSize = height * width * 3;
  for (let i = 0; i < batch; i++) {
    const x = (i % across) * (width + gap);
    const y = Math.floor(i / across) * (height + band + gap);
    paste(image.pixels.data.subarray(i * pictureSize, (i + 1) * pictureSize), x, y);
    const label = labels[i];
    if (label) paste(await renderLabel(label, width), x, y + height);
  }
  return { pixels: tensor([1, gridHeight, gridWidth, 3], data) };
}
