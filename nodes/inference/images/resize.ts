import { tensor } from '../../core/tensor.ts';
import type { Image } from '../../core/values.ts';
import { cropImage } from './crop.ts';
import { checkPictureSize, sizeOf } from './picture-size.ts';
import { type ResampleMethod, resample } from './resample.ts';

export interface ResizeOptions {
  /** `stretch` ignores proportions, `cover` crops what sticks out in the middle, `contain` adds white bars. */
  readonly fit: 'stretch' | 'cover' | 'contain';
  readonly method: ResampleMethod;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Shrinking averages over what falls together, as in Pillow, so nothing flickers; values stay within 0 to 1. */
function stretch(image: Image, to: Size, method: ResampleMethod): Image {
  const { batch, height, width } = sizeOf(image);
  const data = resample({ data: image.pixels.data, height, width, inner: 3 }, to, method, true);
  // The negative lobes of cubic and lanczos overshoot at edges.
  for (let i = 0; i < data.length; i++) data[i] = Math.min(1, Math.max(0, data[i] ?? 0));
  return { pixels: tensor([batch, to.height, to.width, 3], data) };
}

/** Sides with the picture's proportions that just cover (`max`) or just fit into (`min`) the target. */
function scaledSides(from: Size, to: Size, choose: (a: number, b: number) => number): Size {
  const scale = choose(to.width / from.width, to.height / from.height);
  return {
    width: Math.max(1, Math.round(from.width * scale)),
    height: Math.max(1, Math.round(from.height * scale)),
  };
}

function pad(image: Image, to: Size): Image {
  const { batch, height, width } = sizeOf(image);
  const left = Math.floor((to.width - width) / 2);
  const top = Math.floor((to.height - height) / 2);
  const data = new Float32Array(batch * to.height * to.width * 3).fill(1);
  for (let b = 0; b < batch; b++)
    for (let row = 0; row < height; row++) {
      const from = (b * height + row) * width * 3;
      data.set(
        image.pixels.data.subarray(from, from + width * 3),
        ((b * to.height + top + row) * to.width + left) * 3,
      );
    }
  return { pixels: tensor([batch, to.height, to.width, 3], data) };
}

/**
 * Resizes every picture of a batch. Computed in float32, so nothing is lost to 8 bits, with pixel
 * centres kept in place.
 * @throws UserError when the target is empty or larger than 64 megapixels.
 */
export function resizeImage(image: Image, to: Size, { fit, method }: ResizeOptions): Image {
  checkPictureSize(to.width, to.height, 'The resized picture');
  const from = sizeOf(image);
  if (fit === 'stretch') return stretch(image, to, method);
  if (fit === 'contain') return pad(stretch(image, scaledSides(from, to, Math.min), method), to);
  // Cut before scaling: the scaled whole of an extreme shape could be huge.
  const kept = scaledSides(to, from, Math.min);
  const x = Math.floor((from.width - kept.width) / 2);
  const y = Math.floor((from.height - kept.height) / 2);
  return stretch(cropImage(image, { x, y, ...kept }), to, method);
}
