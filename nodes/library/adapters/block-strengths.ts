import { UserError } from '../../core/errors.ts';
import { boolean, choice, float, numbers, socket } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import type { AdapterUse } from '../../core/values.ts';
import { blockNorms } from '../../execution/adapter-report.ts';
import { defineNode } from '../../execution/define-node.ts';
import { changeModels } from '../model-recipes.ts';

const factor = (doc: string) =>
  float({ default: 1, min: -1, max: 2, step: 0.01, slider: true, live: true, doc });

export default defineNode({
  type: 'adapters.blocks',
  version: 1,
  title: 'Block strengths',
  group: 'Adapters',
  keywords: ['layers', 'selective', 'early', 'middle', 'late', 'weights', 'equaliser'],
  doc:
    'How strongly an adapter acts in each part of the model, as factors on its strength. Put it after Apply ' +
    'adapter. Early layers shape the whole, late ones its detail. The bars show how much the adapter changes ' +
    'each block.',
  inputs: {
    model: socket('MODEL'),
    early: factor('The first third of the layers.'),
    middle: factor('The second third of the layers.'),
    late: factor('The last third of the layers.'),
    layers: numbers({
      min: -1,
      max: 2,
      live: true,
      levels: true,
      doc: 'A factor for each layer on top of its third, from the first layer on. Layers without one keep 1.',
    }),
    refiners: {
      ...factor('The blocks that prepare the caption and the noise before the layers.'),
      advanced: true,
    },
    others: { ...factor('Everything outside of blocks: embedders and the final layer.'), advanced: true },
    applies_to: choice(
      [
        { value: 'last', doc: 'Only the adapter that was laid over the model last.' },
        { value: 'all', doc: 'Every adapter the model has so far.' },
      ],
      { advanced: true },
    ),
    measure: boolean({
      default: true,
      wire: false,
      advanced: true,
      doc: 'Measure the adapter for the bars. The first time, every weight it changes is read once.',
    }),
  },
  outputs: { model: output('MODEL') },
  async run(ctx, { model, measure, applies_to, ...factors }) {
    const last = model.adapters.at(-1);
    if (!last)
      throw new UserError('There is no adapter whose blocks could be set.', {
        hint: 'Put an Apply adapter or Adapter stack before this node.',
      });
    const blocks = factorsByBlock(await ctx.services.adapters.blocks(model), factors);
    if (measure) {
      const report = await ctx.services.adapters.inspect(model, last.file.name, {
        signal: ctx.signal,
        onProgress: (done, total) => ctx.progress({ done, total, unit: 'layer' }),
      });
      ctx.artifact({
        kind: 'bars',
        bars: blockNorms(report).map(({ block, value }) => ({ label: block, value })),
      });
    }
    const adapt = (use: AdapterUse): AdapterUse => ({ ...use, blocks: times(blocks, use.blocks) });
    return {
      model: changeModels(model, ({ adapters, ...rest }) => ({
        ...rest,
        adapters: adapters.map((use, i) =>
          applies_to === 'all' || i === adapters.length - 1 ? adapt(use) : use,
        ),
      })),
    };
  },
});

interface Factors {
  readonly early: number;
  readonly middle: number;
  readonly late: number;
  readonly refiners: number;
  readonly others: number;
  readonly layers: readonly number[];
}

const layer = /^layers\.(\d+)$/;

/** The factor of every block that does not keep 1. */
function factorsByBlock(blocks: readonly string[], factors: Factors): Readonly<Record<string, number>> {
  const count = blocks.filter((block) => layer.test(block)).length;
  const factorOf = (block: string): number => {
    const [, digits] = layer.exec(block) ?? [];
    if (digits === undefined) return block.includes('refiner') ? factors.refiners : factors.others;
    const index = Number(digits);
    const third = index < count / 3 ? factors.early : index < (count * 2) / 3 ? factors.middle : factors.late;
    return third * (factors.layers[index] ?? 1);
  };
  const entries = blocks.map((block) => [block, factorOf(block)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== 1));
}

/** Factors of two nodes one after the other. */
const times = (
  own: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>> = {},
): Record<string, number> =>
  Object.fromEntries(
    [...new Set([...Object.keys(before), ...Object.keys(own)])].map((block) => [
      block,
      (before[block] ?? 1) * (own[block] ?? 1),
    ]),
  );
