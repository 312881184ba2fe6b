import { file, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { adapterReportText, blockNorms } from '../../execution/adapter-report.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'adapters.inspect',
  version: 1,
  title: 'Adapter inspector',
  group: 'Adapters',
  keywords: ['analyse', 'lokr', 'lora', 'rank', 'alpha', 'norm', 'keys', 'report'],
  doc:
    'Shows what is in an adapter file: layers, factors, ranks, how alpha is taken, how strongly each block is ' +
    'changed, and every key that matches nothing. With a model connected, changes are compared with its weights.',
  inputs: {
    model: socket('MODEL', {
      optional: true,
      doc: 'The model it is for; without one the file is looked at alone.',
    }),
    adapter: file('adapter'),
  },
  outputs: { report: output('TEXT') },
  effect: 'show',
  async run(ctx, { model, adapter }) {
    const report = await ctx.services.adapters.inspect(model, adapter, {
      signal: ctx.signal,
      onProgress: (done, total) => ctx.progress({ done, total, unit: 'layer' }),
    });
    for (const notice of report.notices) ctx.notice(notice);
    const text = adapterReportText(report);
    ctx.artifact({
      kind: 'bars',
      bars: blockNorms(report).map(({ block, value }) => ({ label: block, value })),
    });
    ctx.artifact({ kind: 'text', text });
    return { report: text };
  },
});
