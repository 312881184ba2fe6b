import { socket } from '../../core/inputs.ts';
import { defineNode } from '../../execution/define-node.ts';
import { showPictures } from '../show-pictures.ts';

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
    await showPictures(ctx, image);
    return {};
  },
});
