import { type Tensor, tensor } from '../../../core/tensor.ts';

/** A rectangle of planes [batch, channels, height, width]. */
export interface Window {
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
}

const planesOf = ({ dims }: Tensor) => {
  const [batch = 0, channels = 0, height = 0, width = 0] = dims;
  return { batch, channels, height, width };
};

/** A copy of a rectangle. */
export function cut(from: Tensor, { y, x, height, width }: Window): Tensor {
  const size = planesOf(from);
  const part = tensor([size.batch, size.channels, height, width]);
  for (let plane = 0; plane < size.batch * size.channels; plane++)
    for (let row = 0; row < height; row++) {
      const start = (plane * size.height + y + row) * size.width + x;
      part.data.set(from.data.subarray(start, start + width), (plane * height + row) * width);
    }
  return part;
}

/** Adds `tile` · rowWeights · columnWeights at (y, x); weights have one entry per row and column of the tile. */
export function addWeighted(
  to: Tensor,
  tile: Tensor,
  at: { readonly y: number; readonly x: number },
  rowWeights: Float64Array,
  columnWeights: Float64Array,
): void {
  const size = planesOf(to);
  const { height, width } = planesOf(tile);
  let read = 0;
  for (let plane = 0; plane < size.batch * size.channels; plane++)
    for (let row = 0; row < height; row++) {
      const rowWeight = rowWeights[row] ?? 0;
      let write = (plane * size.height + at.y + row) * size.width + at.x;
      for (let column = 0; column < width; column++, write++)
        to.data[write] =
          (to.data[write] ?? 0) + (tile.data[read++] ?? 0) * rowWeight * (columnWeights[column] ?? 0);
    }
}

/** Pastes the upper left `height` x `width` of `tile` at (y, x). */
export function paste(to: Tensor, tile: Tensor, { y, x, height, width }: Window): void {
  const size = planesOf(to);
  const from = planesOf(tile);
  for (let plane = 0; plane < size.batch * size.channels; plane++)
    for (let row = 0; row < height; row++) {
      const start = (plane * from.height + row) * from.width;
      to.data.set(tile.data.subarray(start, start + width), (plane * size.height + y + row) * size.width + x);
    }
}
