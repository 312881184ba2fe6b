import { float, int, socket, target } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { computeSheet } from '../sweep-sheet.ts';

export default defineNode({
  type: 'sweeps.strength',
  version: 1,
  title: 'Strength sweep',
  group: 'Adapters',
  keywords: ['compare', 'range', 'grid', 'series', 'lokr', 'lora'],
  doc:
    'Makes the picture at several strengths, evenly spaced, and lays them side by side. No model is loaded ' +
    'twice for it, and everything before the sampler is computed once.',
  inputs: {
    image: socket('IMAGE', { doc: 'The picture to make again and again.' }),
    strength: target({ numeric: true, doc: 'The strength, or any other number, that changes.' }),
    from: float({ default: 0, min: -1000, max: 1000, step: 0.05, wire: false }),
    to: float({ default: 1, min: -1000, max: 1000, step: 0.05, wire: false }),
    count: int({
      default: 5,
      min: 2,
      max: 32,
      wire: false,
      doc: 'Pictures, the first and the last included.',
    }),
    cell_size: int({
      default: 512,
      min: 0,
      max: 4096,
      step: 16,
      advanced: true,
      doc: 'Longer side of a picture in the row, in pixels; larger ones are scaled down. 0 keeps their size.',
    }),
    gap: int({ default: 8, min: 0, max: 256, advanced: true, doc: 'Pixels between pictures.' }),
  },
  outputs: {
    grid: output('IMAGE', 'All pictures with their labels.'),
    images: output('IMAGE', 'The single pictures, from the first strength to the last.'),
  },
  effect: 'show',
  sweep: { input: 'image', columns: { target: 'strength', from: 'from', to: 'to', count: 'count' } },
  run: computeSheet,
});
