import { socket } from '../../core/inputs.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'images.preview',
  version: 1,
  title: 'Preview image',
  group: 'Images',
  keywords: ['show', 'view', 'look'],
  doc: 'Shows pictures without saving them.',
  inputs: { image: socket('IMAGE') },
  outputs: {},
  effect: 'show',
  async run(ctx, { image }) {
    const [, height = 0, width = 0] = image.pixels.dims;
    for (const png of await ctx.services.pictures.encode(image))
      ctx.artifact({ kind: 'shown-picture', png, width, height });
    return {};
  },
});
