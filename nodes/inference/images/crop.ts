import { UserError } from '../../core/errors.ts';
import { tensor } from '../../core/tensor.ts';
import type { Image } from '../../core/values.ts';
import { sizeOf } from './picture-size.ts';

/** A rectangle in pixels from the upper left corner. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** @throws UserError when the area is empty or reaches out of the picture. */
export function cropImage(image: Image, area: Area): Image {
  const { batch, height, width } = sizeOf(image);
  const { x, y } = area;
  const inside =
    [x, y, area.width, area.height].every(Number.isInteger) &&
    x >= 0 &&
    y >= 0 &&
    area.width > 0 &&
    area.height > 0 &&
    x + area.width <= width &&
    y + area.height <= height;
  if (!inside)
    throw new UserError(
      `An area of ${area.width} x ${area.height} pixels at (${x}, ${y}) is not inside a picture of ${width} x ${height}.`,
      { hint: 'Move the area or make it smaller.' },
    );
  const cropped = new Float32Array(batch * area.height * area.width * 3);
  const line = area.width * 3;
  for (let b = 0; b < batch; b++)
    for (let row = 0; row < area.height; row++) {
      const from = ((b * height + y + row) * width + x) * 3;
      cropped.set(image.pixels.data.subarray(from, from + line), (b * area.height + row) * line);
    }
  return { pixels: tensor([batch, area.height, area.width, 3], cropped) };
}
