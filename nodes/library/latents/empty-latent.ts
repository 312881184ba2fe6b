import { int } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { tensor } from '../../core/tensor.ts';
import { defineNode } from '../../execution/define-node.ts';

const CHANNELS = 16;

export default defineNode({
  type: 'latents.empty',
  version: 1,
  title: 'Empty latent',
  group: 'Latents',
  keywords: ['size', 'width', 'height', 'batch', 'resolution'],
  doc: 'The size of the picture to make, and how many at once.',
  inputs: {
    width: int({ default: 1024, min: 16, max: 8192, step: 16, doc: 'Pixels, in steps of 16.' }),
    height: int({ default: 1024, min: 16, max: 8192, step: 16, doc: 'Pixels, in steps of 16.' }),
    batch: int({ default: 1, min: 1, max: 256, doc: 'Pictures made together.' }),
  },
  outputs: { latent: output('LATENT') },
  run: (_ctx, { width, height, batch }) => ({
    latent: {
      samples: tensor([batch, CHANNELS, Math.round(height / 16) * 2, Math.round(width / 16) * 2]),
      channels: CHANNELS,
    },
  }),
});
