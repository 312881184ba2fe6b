import type { AutoencoderConfig } from '../checkpoints/configs.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import type { MemoryCost } from './tiling/plan.ts';

/** Pixels per latent pixel along a side. */
export const scaleOf = (config: AutoencoderConfig): number => 2 ** (config.blockOutChannels.length - 1);

/**
 * How many of its widest tensors a decoder holds. Four are alive together; the runtime's arena, which grows by
 * doubling, makes that up to six (measured with the Flux decoder on the CPU: 0.25 GB at 256 px, 0.86 at 384, 1.03 at
 * 512). The encoder takes half as much.
 */
const LIVE_TENSORS = 6;

/**
 * Memory of one run beside the weights: the activations of the level nearest to the picture, which dwarf the
 * others, or the scores of primitive attention, where every latent pixel looks at every other.
 */
export function memoryCost(config: AutoencoderConfig, attention: AttentionForm): MemoryCost {
  const [first = 0, second = first] = config.blockOutChannels;
  // The last upsampling hands its input's channels to the picture's resolution.
  const bytesPerLatentPixel = Math.max(first, second) * 4 * scaleOf(config) ** 2;
  return (height, width) => {
    const widest = height * width * bytesPerLatentPixel;
    const scores = attention.kind === 'primitive' ? (height * width) ** 2 * 4 : 0;
    return { peakBytes: Math.max(widest * LIVE_TENSORS, scores * 2), largestBytes: Math.max(widest, scores) };
  };
}
