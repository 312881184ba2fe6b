import { UserError } from '../../core/errors.ts';
import { boolean, file, float, list, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { layAdapter } from '../model-recipes.ts';

export default defineNode({
  type: 'adapters.stack',
  version: 1,
  title: 'Adapter stack',
  group: 'Adapters',
  keywords: ['lokr', 'lora', 'loha', 'dora', 'lycoris', 'strength', 'multiple', 'loader'],
  doc:
    'Lays several adapters over the model, each with its own strength. Strengths can change while the graph ' +
    'runs, and switching a row off or on loads nothing either. Their order makes no difference to the picture.',
  inputs: {
    model: socket('MODEL'),
    curve: socket('CURVE', {
      optional: true,
      doc: 'A factor on all strengths from the first step to the last, drawn in a Strength curve.',
    }),
    adapters: list({
      item: {
        enabled: boolean({ default: true }),
        adapter: file('adapter', { optional: true }),
        strength: float({ default: 1, min: -2, max: 2, step: 0.01, slider: true, live: true }),
      },
      doc: 'One row for each adapter. Rows without a file count for nothing.',
    }),
  },
  outputs: { model: output('MODEL') },
  async run(ctx, { model, curve, adapters }) {
    let result = model;
    for (const { enabled, adapter, strength } of adapters) {
      if (adapter === '') continue;
      try {
        // A row that is off keeps its place at strength 0, so that switching it on builds nothing.
        const how = { strength: enabled ? strength : 0, ...(curve && { curve }) };
        result = await layAdapter(ctx, result, adapter, how);
      } catch (error) {
        // One that does not fit stops the run only where it is wanted.
        if (enabled || !(error instanceof UserError)) throw error;
      }
    }
    return { model: result };
  },
});
