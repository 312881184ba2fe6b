import { int, seed } from '../../core/inputs.ts';
import { output } from '../../core/node.ts';
import { defineNode } from '../../execution/define-node.ts';

export default defineNode({
  type: 'values.seeds',
  version: 1,
  title: 'Seed list',
  group: 'Values',
  keywords: ['batch', 'variations', 'range', 'sweep'],
  doc: 'Seeds one after another, each the noise of one picture of a batch. Also as text, one per line, to label a grid.',
  inputs: {
    first: seed({ wire: false }),
    count: int({ default: 4, min: 1, max: 256, doc: 'As many as the latent has pictures.' }),
  },
  outputs: { seeds: output('SEED'), labels: output('TEXT') },
  run: (_ctx, { first, count }) => {
    const seeds = Array.from({ length: count }, (_, i) => BigInt.asUintN(64, (first[0] ?? 0n) + BigInt(i)));
    return { seeds, labels: seeds.map((value) => `seed ${value}`).join('\n') };
  },
});
