import { file } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'images.load',
  version: 1,
  title: 'Load image',
  group: 'Images',
  keywords: ['open', 'picture', 'png', 'jpeg', 'webp', 'input'],
  doc: 'Reads a picture from the input folder. Transparent parts become white.',
  inputs: { image: file('image') },
  outputs: { image: output('IMAGE') },
  run: async (ctx, { image }) => ({ image: await ctx.services.pictures.read(image) }),
});
