import { float } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'values.number',
  version: 1,
  title: 'Number',
  group: 'Values',
  keywords: ['float', 'constant', 'primitive'],
  doc: 'A number to feed to several inputs at once.',
  inputs: { value: float({ default: 0, min: -1e9, max: 1e9, wire: false }) },
  outputs: { value: output('FLOAT') },
  run: (_ctx, { value }) => ({ value }),
});
