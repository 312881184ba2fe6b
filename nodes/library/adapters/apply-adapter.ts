import { file, float, numbers, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';
import { layAdapter } from '../model-recipes.ts';

export default defineNode({
  type: 'adapters.apply',
  version: 1,
  title: 'Apply adapter',
  group: 'Adapters',
  keywords: ['lokr', 'lora', 'loha', 'dora', 'lycoris', 'strength', 'style'],
  doc:
    'Lays a LoKr, LoRA or LoHa over the model. The strength is an input of the running graph: changing it ' +
    'loads nothing and merges nothing. Any number of adapters can follow each other.',
  inputs: {
    model: socket('MODEL'),
    curve: socket('CURVE', {
      optional: true,
      doc: 'A factor on the strength from the first step to the last, drawn in a Strength curve.',
    }),
    adapter: file('adapter'),
    strength: float({
      default: 1,
      min: -2,
      max: 2,
      step: 0.01,
      slider: true,
      live: true,
      doc: '0 is the model alone, 1 the adapter as it was trained.',
    }),
    per_step: numbers({
      min: -10,
      max: 10,
      advanced: true,
      doc: 'A factor on the strength for each step; the last one repeats. Empty: the same at every step.',
    }),
  },
  outputs: { model: output('MODEL') },
  run: async (ctx, { model, curve, adapter, strength, per_step }) => ({
    model: await layAdapter(ctx, model, adapter, {
      strength: per_step.length > 0 ? per_step.map((factor) => factor * strength) : strength,
      ...(curve && { curve }),
    }),
  }),
});
