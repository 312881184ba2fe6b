import { UserError } from '../../core/errors.ts';
import { tensor } from '../../core/tensor.ts';
import type { Latent } from '../../core/values.ts';
import { resample } from './resample.ts';

/** 2048 latent pixels make a picture of 16384. */
const MAX_SIDE = 2048;

/**
 * Resizes latents [batch, channels, height, width] as PyTorch's `interpolate` does (align_corners = false, no
 * antialiasing); `nearest` is its `nearest-exact`.
 * @throws UserError for sides that are not 1 to 2048 latent pixels.
 */
export function resizeLatent(
  latent: Latent,
  to: { readonly width: number; readonly height: number },
  method: 'nearest' | 'bilinear',
): Latent {
  for (const side of [to.width, to.height])
    if (!Number.isInteger(side) || side < 1 || side > MAX_SIDE)
      throw new UserError(`A latent cannot be resized to ${to.width} x ${to.height}.`, {
        hint: `Each side is 1 to ${MAX_SIDE} latent pixels; one stands for 8 pixels of the picture.`,
      });
  const { dims, data } = latent.samples;
  const [batch = 1, channels = 1, height = 1, width = 1] = dims;
  const grid = { data, height, width, inner: 1 };
  const resized = resample(grid, to, method === 'nearest' ? 'nearest' : 'linear', false);
  return { ...latent, samples: tensor([batch, channels, to.height, to.width], resized) };
}
