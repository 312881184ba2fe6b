import { choice, int, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'latents.resize',
  version: 1,
  title: 'Resize latent',
  group: 'Latents',
  keywords: ['upscale', 'hires', 'scale'],
  doc: 'Scales a latent to another picture size. Sample again with a denoise below 1 to fill in detail.',
  inputs: {
    latent: socket('LATENT'),
    width: int({ default: 1024, min: 16, max: 8192, step: 16, doc: 'Pixels, in steps of 16.' }),
    height: int({ default: 1024, min: 16, max: 8192, step: 16, doc: 'Pixels, in steps of 16.' }),
    method: choice(['bilinear', 'nearest']),
  },
  outputs: { latent: output('LATENT') },
  run: (ctx, { latent, width, height, method }) => ({
    latent: ctx.services.diffusion.resizeLatent(
      latent,
      { width: Math.round(width / 16) * 2, height: Math.round(height / 16) * 2 },
      method,
    ),
  }),
});
