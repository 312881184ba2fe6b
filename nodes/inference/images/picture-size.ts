import { UserError } from '../../core/errors.ts';
import type { Image } from '../../core/values.ts';

/** 8192 x 8192: as float RGB that is 0.8 GB. */
export const MAX_PIXELS = 8192 * 8192;

/**
 * @param what names the picture at the start of a sentence
 * @throws UserError when a picture of this size would be too large to work with, or empty.
 */
export function checkPictureSize(width: number, height: number, what: string): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1)
    throw new UserError(`${what} cannot be ${width} x ${height} pixels.`, {
      hint: 'Width and height are whole numbers of at least 1.',
    });
  if (width * height > MAX_PIXELS)
    throw new UserError(
      `${what} has ${width} x ${height} pixels, more than the ${MAX_PIXELS / 2 ** 20} megapixels Kronode works with.`,
      { hint: 'Make it smaller first.' },
    );
}

/** Batch size and sides of IMAGE pixels [batch, height, width, 3]. */
export function sizeOf({ pixels }: Image): { batch: number; height: number; width: number } {
  const [batch, height, width, channels] = pixels.dims;
  if (batch === undefined || height === undefined || width === undefined || channels !== 3)
    throw new RangeError(`Pixels are [batch, height, width, 3], not [${pixels.dims.join(', ')}].`);
  return { batch, height, width };
}
