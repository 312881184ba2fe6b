import { int } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'values.whole-number',
  version: 1,
  title: 'Whole number',
  group: 'Values',
  keywords: ['int', 'integer', 'constant', 'primitive'],
  doc: 'A whole number to feed to several inputs at once.',
  inputs: { value: int({ default: 0, min: -1_000_000_000, max: 1_000_000_000, wire: false }) },
  outputs: { value: output('INT') },
  run: (_ctx, { value }) => ({ value }),
});
