import { choice, int, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'images.resize',
  version: 1,
  title: 'Resize image',
  group: 'Images',
  keywords: ['scale', 'upscale', 'fit', 'size'],
  doc: 'Scales pictures to a size.',
  inputs: {
    image: socket('IMAGE'),
    width: int({ default: 1024, min: 1, max: 16384 }),
    height: int({ default: 1024, min: 1, max: 16384 }),
    fit: choice([
      { value: 'cover', doc: 'Fill the size and cut off what sticks out.' },
      { value: 'contain', doc: 'Show everything and pad with white.' },
      { value: 'stretch', doc: 'Ignore the proportions.' },
    ]),
    method: choice(['lanczos', 'cubic', 'linear', 'nearest'], { advanced: true }),
  },
  outputs: { image: output('IMAGE') },
  run: async (ctx, { image, width, height, fit, method }) => ({
    image: await ctx.services.pictures.resize(image, { width, height }, { fit, method }),
  }),
});
