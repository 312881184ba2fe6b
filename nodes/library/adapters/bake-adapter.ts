import { socket, text } from '../../core/inputs.ts';
import { defineNode } from '../../execution/define-node.ts';

const MEGABYTE = 1e6;

export default defineNode({
  type: 'adapters.bake',
  version: 1,
  title: 'Bake adapter',
  group: 'Adapters',
  keywords: ['merge', 'fuse', 'checkpoint', 'save model', 'write', 'export'],
  doc:
    'Merges the adapters of a model into its weights for good and saves the result as a new model of the same ' +
    'layout, with what it was made of inside. A baked model costs nothing more per step, but its strength is fixed.',
  inputs: {
    model: socket('MODEL', { doc: 'With the adapters to merge, at the strengths they have here.' }),
    name: text({
      default: 'my-model',
      maxLength: 200,
      doc: 'Name of the new model; a / makes a sub-folder. A model of that name is never replaced.',
    }),
  },
  outputs: {},
  effect: 'write',
  async run(ctx, { model, name }) {
    const baked = await ctx.services.adapters.bake(model, name, {
      signal: ctx.signal,
      onProgress: (done, total) =>
        ctx.progress({
          done: Math.round(done / MEGABYTE),
          total: Math.round(total / MEGABYTE),
          unit: 'megabyte',
        }),
    });
    ctx.artifact({
      kind: 'text',
      text: `Saved as ${baked.name} (${Math.round(baked.bytes / MEGABYTE)} MB). Choose it in Load model.`,
    });
    return {};
  },
});
