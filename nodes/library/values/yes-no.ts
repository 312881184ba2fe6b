import { boolean } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'values.yes-no',
  version: 1,
  title: 'Yes or no',
  group: 'Values',
  keywords: ['boolean', 'toggle', 'constant', 'primitive'],
  doc: 'A choice to feed to several inputs at once.',
  inputs: { value: boolean({ wire: false }) },
  outputs: { value: output('BOOLEAN') },
  run: (_ctx, { value }) => ({ value }),
});
