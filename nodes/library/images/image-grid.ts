import { int, socket, text } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'images.grid',
  version: 1,
  title: 'Image grid',
  group: 'Images',
  keywords: ['contact sheet', 'montage', 'compare', 'tile'],
  doc: 'Puts the pictures of a batch side by side into one, with a label under each if you like.',
  inputs: {
    image: socket('IMAGE'),
    columns: int({ default: 0, min: 0, max: 64, doc: '0 makes the grid as square as it can be.' }),
    gap: int({ default: 8, min: 0, max: 256, doc: 'Pixels between pictures.' }),
    labels: text({ multiline: true, doc: 'One line per picture; an empty line leaves a picture without.' }),
  },
  outputs: { image: output('IMAGE') },
  async run(ctx, { image, columns, gap, labels }) {
    const count = image.pixels.dims[0] ?? 1;
    return {
      image: await ctx.services.pictures.grid(image, {
        columns: columns || Math.ceil(Math.sqrt(count)),
        gap,
        labels: labels.trim() === '' ? [] : labels.trimEnd().split(/\r?\n/),
      }),
    };
  },
});
