import { type Tensor, tensor } from '../../core/tensor.ts';
import type { AutoencoderConfig } from '../checkpoints/configs.ts';

type Scaling = Pick<AutoencoderConfig, 'scalingFactor' | 'shiftFactor'>;

/** What the VAE encodes to → what the diffusion model works on: (z − shift) · scaling. */
export function toModelSpace({ dims, data }: Tensor, { scalingFactor, shiftFactor }: Scaling): Tensor {
  const scaled = new Float32Array(data.length);
  // A loop: `map` boxes every number, and collecting them takes a core from what runs next.
  for (let i = 0; i < data.length; i++) scaled[i] = ((data[i] ?? 0) - shiftFactor) * scalingFactor;
  return tensor(dims, scaled);
}

/** What the diffusion model works on → what the VAE decodes: z / scaling + shift. */
export function fromModelSpace({ dims, data }: Tensor, { scalingFactor, shiftFactor }: Scaling): Tensor {
  const unscaled = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) unscaled[i] = (data[i] ?? 0) / scalingFactor + shiftFactor;
  return tensor(dims, unscaled);
}
