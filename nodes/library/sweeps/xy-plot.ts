import { int, socket, target, text } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { computeSheet } from '../sweep-sheet.ts';

export default defineNode({
  type: 'sweeps.xy',
  version: 1,
  title: 'XY plot',
  group: 'Images',
  keywords: ['grid', 'sweep', 'compare', 'matrix', 'variations', 'strength', 'prompts'],
  doc:
    'Makes the picture once for every pair of values of two inputs of the graph, such as strengths, seeds, ' +
    'steps or prompts, and lays them out in a labelled grid. What pictures have in common is computed once.',
  inputs: {
    image: socket('IMAGE', { doc: 'The picture to make again and again.' }),
    x: target({ doc: 'The input that changes from left to right.' }),
    x_values: text({
      default: '0..1 in 5',
      multiline: true,
      wire: false,
      doc: 'Values with commas between them, a range such as 1..4 or 0..1 in 5, or one prompt a line.',
    }),
    y: target({ doc: 'The input that changes from top to bottom. Empty: a single row.' }),
    y_values: text({ default: '1, 2, 3', multiline: true, wire: false, doc: 'Written as those of x.' }),
    cell_size: int({
      default: 512,
      min: 0,
      max: 4096,
      step: 16,
      advanced: true,
      doc: 'Longer side of a picture in the grid, in pixels; larger ones are scaled down. 0 keeps their size.',
    }),
    gap: int({ default: 8, min: 0, max: 256, advanced: true, doc: 'Pixels between pictures.' }),
  },
  outputs: {
    grid: output('IMAGE', 'All pictures with their labels.'),
    images: output('IMAGE', 'The single pictures, row by row.'),
  },
  effect: 'show',
  sweep: {
    input: 'image',
    columns: { target: 'x', values: 'x_values' },
    rows: { target: 'y', values: 'y_values' },
  },
  run: computeSheet,
});
