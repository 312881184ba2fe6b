import type { AutoencoderConfig } from '../checkpoints/configs.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import type { MemoryCost } from './tiling/plan.ts';

/** Pixels per latent pixel along a side. */
export const scaleOf = (config: AutoencoderConfig): number => 2 ** (config.blockOutChannels.length - 1);

/** Tensors of the widest level that are alive together (measured on the CPU provider). */
const LIVE_TENSORS = 4;

/**
 * Memory of one run beside the weights: the activations of the level nearest to the picture, which dwarf the
 * others, and the scores of primitive attention, where every latent pixel looks at every other.
 */
export function memoryCost(config: AutoencoderConfig, attention: AttentionForm): MemoryCost {
  const [first = 0, second = first] = config.blockOutChannels;
  // The last upsampling hands its input's channels to the picture's resolution.
  const perPixel = Math.max(first, second) * 4 * LIVE_TENSORS;
  return (height, width) => {
    const scores = attention.kind === 'primitive' ? 2 * (height * width) ** 2 * 4 : 0;
    return Math.max(scores, height * width * scaleOf(config) ** 2 * perPixel);
  };
}
