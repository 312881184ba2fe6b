import { type Tensor, tensor } from '../../core/tensor.ts';
import type { Image } from '../../core/values.ts';
import { sizeOf } from './picture-size.ts';

/**
 * The colour of a latent pixel as a linear function of its channels, for previews without decoding:
 * rgb = channels · weights + bias, RGB from 0 to 1. Shape [channels + 1, 3]; the last row is the bias.
 */
export type LatentRgb = Tensor;

/** Solves the symmetric positive definite A·X = B (n x n, n x 3) in place, by Gauss-Jordan elimination. */
function solve(a: Float64Array[], b: Float64Array[]): Float64Array[] {
  for (const [pivot, row] of a.entries()) {
    const right = b[pivot] ?? new Float64Array(3);
    const inverse = 1 / (row[pivot] ?? 1);
    for (let k = 0; k < row.length; k++) row[k] = (row[k] ?? 0) * inverse;
    for (let c = 0; c < 3; c++) right[c] = (right[c] ?? 0) * inverse;
    for (const [i, other] of a.entries()) {
      const factor = other[pivot] ?? 0;
      const otherRight = b[i];
      if (i === pivot || factor === 0 || !otherRight) continue;
      for (let k = 0; k < row.length; k++) other[k] = (other[k] ?? 0) - factor * (row[k] ?? 0);
      for (let c = 0; c < 3; c++) otherRight[c] = (otherRight[c] ?? 0) - factor * (right[c] ?? 0);
    }
  }
  return b;
}

/** Mean RGB of each block of pixels that belongs to one latent pixel: [batch · h · w, 3]. */
function blockMeans(image: Image, latentHeight: number, latentWidth: number): Float64Array {
  const { batch, height, width } = sizeOf(image);
  const block = height / latentHeight;
  if (!Number.isInteger(block) || width !== latentWidth * block)
    throw new RangeError(
      `A picture of ${width} x ${height} does not belong to a latent of ${latentWidth} x ${latentHeight}.`,
    );
  const means = new Float64Array(batch * latentHeight * latentWidth * 3);
  const { data } = image.pixels;
  let read = 0;
  for (let row = 0; row < batch * height; row++) {
    const line = Math.floor(row / block) * latentWidth;
    for (let x = 0; x < width; x++) {
      const at = (line + Math.floor(x / block)) * 3;
      for (let c = 0; c < 3; c++)
        means[at + c] = (means[at + c] ?? 0) + (data[read++] ?? 0) / (block * block);
    }
  }
  return means;
}

/** Calls `visit` with the channels of each latent pixel (and a closing 1 for the bias), in picture order. */
function eachPixel(latents: Tensor, visit: (channels: Float64Array, pixel: number) => void): void {
  const [batch = 0, channels = 0, height = 0, width = 0] = latents.dims;
  const plane = height * width;
  const values = new Float64Array(channels + 1);
  values[channels] = 1;
  for (let b = 0; b < batch; b++)
    for (let p = 0; p < plane; p++) {
      for (let c = 0; c < channels; c++) values[c] = latents.data[(b * channels + c) * plane + p] ?? 0;
      visit(values, b * plane + p);
    }
}

/**
 * Least squares from latents [batch, channels, h, w] and the pictures [batch, h · f, w · f, 3] they decode to.
 */
export function fitLatentRgb(latents: Tensor, image: Image): LatentRgb {
  const [, channels = 0, height = 0, width = 0] = latents.dims;
  const means = blockMeans(image, height, width);
  const size = channels + 1;
  // A trace of ridge keeps unused channels at zero instead of dividing by zero.
  const normal = Array.from({ length: size }, (_, i) => new Float64Array(size).fill(1e-6, i, i + 1));
  const right = Array.from({ length: size }, () => new Float64Array(3));
  eachPixel(latents, (values, pixel) => {
    for (let i = 0; i < size; i++) {
      const value = values[i] ?? 0;
      const row = normal[i] ?? values;
      const target = right[i] ?? values;
      for (let j = 0; j < size; j++) row[j] = (row[j] ?? 0) + value * (values[j] ?? 0);
      for (let c = 0; c < 3; c++) target[c] = (target[c] ?? 0) + value * (means[pixel * 3 + c] ?? 0);
    }
  });
  return tensor([size, 3], Float32Array.from(solve(normal, right).flatMap((row) => [...row])));
}

/** Previews [batch, h, w, 3] of latents [batch, channels, h, w], one pixel per latent pixel. */
export function applyLatentRgb(factors: LatentRgb, latents: Tensor): Image {
  const [batch = 0, channels = 0, height = 0, width = 0] = latents.dims;
  if (factors.dims[0] !== channels + 1)
    throw new RangeError(
      `Preview factors for ${(factors.dims[0] ?? 1) - 1} channels do not fit ${channels}.`,
    );
  const rgb = new Float32Array(batch * height * width * 3);
  eachPixel(latents, (values, pixel) => {
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let i = 0; i <= channels; i++) sum += (values[i] ?? 0) * (factors.data[i * 3 + c] ?? 0);
      rgb[pixel * 3 + c] = Math.min(1, Math.max(0, sum));
    }
  });
  return { pixels: tensor([batch, height, width, 3], rgb) };
}
