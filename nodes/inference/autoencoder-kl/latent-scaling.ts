import { type Tensor, tensor } from '../../core/tensor.ts';
import type { AutoencoderConfig } from '../checkpoints/configs.ts';

type Scaling = Pick<AutoencoderConfig, 'scalingFactor' | 'shiftFactor'>;

/** What the VAE encodes to → what the diffusion model works on: (z − shift) · scaling. */
export const toModelSpace = (latent: Tensor, { scalingFactor, shiftFactor }: Scaling): Tensor =>
  tensor(
    latent.dims,
    latent.data.map((z) => (z - shiftFactor) * scalingFactor),
  );

/** What the diffusion model works on → what the VAE decodes: z / scaling + shift. */
export const fromModelSpace = (latent: Tensor, { scalingFactor, shiftFactor }: Scaling): Tensor =>
  tensor(
    latent.dims,
    latent.data.map((z) => z / scalingFactor + shiftFactor),
  );
