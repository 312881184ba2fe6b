import { socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { tensor } from '../../core/tensor.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'prompts.zero',
  version: 1,
  title: 'Zero conditioning',
  group: 'Prompts',
  keywords: ['negative', 'unconditional', 'zero out', 'empty'],
  doc: 'The same number of tokens with all features at zero: a negative that says nothing, without running the text encoder.',
  inputs: { conditioning: socket('CONDITIONING') },
  outputs: { conditioning: output('CONDITIONING') },
  run: (_ctx, { conditioning }) => ({
    conditioning: {
      captions: conditioning.captions.map(({ features }) => ({ text: '', features: tensor(features.dims) })),
    },
  }),
});
