import { choice, float, seed, seeds } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'sampling.noise',
  version: 1,
  title: 'Noise',
  group: 'Sampling',
  keywords: ['seed', 'random', 'variation', 'slerp', 'philox'],
  doc:
    'The random start of a picture. A seed means the same noise as in ComfyUI and diffusers. ' +
    'With several seeds, every picture of the batch has its own.',
  inputs: {
    seed: seeds({ doc: 'One seed for the whole batch, or one per picture.' }),
    generator: choice(
      [
        { value: 'cpu', doc: 'PyTorch’s generator on the CPU: what ComfyUI and most diffusers scripts use.' },
        { value: 'cuda', doc: 'PyTorch’s generator on an NVIDIA GPU.' },
      ],
      { advanced: true },
    ),
    variation: float({
      default: 0,
      min: 0,
      max: 1,
      step: 0.01,
      slider: true,
      advanced: true,
      doc: 'How far to lean towards the noise of the variation seed.',
    }),
    variation_seed: seed({ advanced: true }),
  },
  outputs: { noise: output('NOISE') },
  run: (_ctx, { seed: list, generator, variation, variation_seed }) => ({
    noise: {
      generator,
      seeds: list,
      ...(variation > 0 && { variation: { seed: variation_seed[0] ?? 0n, strength: variation } }),
    },
  }),
});
