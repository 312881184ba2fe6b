import { int, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'images.crop',
  version: 1,
  title: 'Crop image',
  group: 'Images',
  keywords: ['cut', 'trim', 'region'],
  doc: 'Cuts a rectangle out of pictures; it has to lie inside them.',
  inputs: {
    image: socket('IMAGE'),
    x: int({ default: 0, min: 0, max: 16384, doc: 'Left edge, in pixels.' }),
    y: int({ default: 0, min: 0, max: 16384, doc: 'Top edge, in pixels.' }),
    width: int({ default: 512, min: 1, max: 16384 }),
    height: int({ default: 512, min: 1, max: 16384 }),
  },
  outputs: { image: output('IMAGE') },
  run: (ctx, { image, ...area }) => ({ image: ctx.services.pictures.crop(image, area) }),
});
