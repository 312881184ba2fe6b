import { UserError } from '../../core/errors.ts';
import { int } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { elementCount, tensor } from '../../core/tensor.ts';
import { defineNode } from '../../execution/define-node.ts';

const CHANNELS = 16;
/** Memory for the latent alone; the pictures made from it take twelve times as much. */
const MAX_BYTES = 2 ** 30;

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
  run: (_ctx, { width, height, batch }) => {
    const dims = [batch, CHANNELS, Math.round(height / 16) * 2, Math.round(width / 16) * 2];
    if (elementCount(dims) * 4 > MAX_BYTES)
      throw new UserError(`${batch} pictures of ${width}×${height} at once are too many.`, {
        hint: 'Make them smaller, or fewer at once.',
      });
    return { latent: { samples: tensor(dims), channels: CHANNELS } };
  },
});
