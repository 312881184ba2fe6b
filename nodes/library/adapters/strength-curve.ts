import { curve } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'adapters.curve',
  version: 1,
  title: 'Strength curve',
  group: 'Adapters',
  keywords: ['schedule', 'per step', 'keyframes', 'ramp', 'early', 'late', 'fade'],
  doc:
    'How strongly adapters act from the first step to the last, as a factor on their strength. Early steps ' +
    'decide the composition, late ones the detail. It can be redrawn while the graph runs.',
  inputs: {
    curve: curve({
      default: [
        [0, 1],
        [1, 1],
      ],
      min: -1,
      max: 2,
      live: true,
      doc: 'From the first step at the left to the last at the right.',
    }),
  },
  outputs: { curve: output('CURVE') },
  run: (_ctx, inputs) => inputs,
});
