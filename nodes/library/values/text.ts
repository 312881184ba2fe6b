import { text } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'values.text',
  version: 1,
  title: 'Text',
  group: 'Values',
  keywords: ['string', 'constant', 'primitive', 'prompt'],
  doc: 'A text to feed to several inputs at once.',
  inputs: { value: text({ multiline: true, wire: false }) },
  outputs: { value: output('TEXT') },
  run: (_ctx, { value }) => ({ value }),
});
