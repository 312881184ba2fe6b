import { join } from 'node:path';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { Graph } from '../../nodes/inference/onnx/graph.ts';
import { Session } from '../../nodes/inference/ort/session.ts';
import { blockFeeds, openBlock } from '../support/full-block.ts';
import type { StageRequest } from '../support/full-stage.ts';
import { fullWidth, normalValues, writeSyntheticTransformer } from '../support/synthetic-model.ts';
import { watchStage } from '../support/watch-stage.ts';
import { type Benchmark, inFolder, interleave } from './harness.ts';

/** Blocks of the synthetic transformer: 4 take a minute, all 30 need 20 GB of disk and half an hour. */
const LAYERS = Number(process.env.KRONODE_BENCH_LAYERS ?? 4);
const REFINERS = LAYERS === 30 ? 2 : 0;
/** The second one has what the first left behind. */
const STEPS = 2;

/** The figures of all stages, made once: the model they share takes longest. */
const figures = (() => {
  let made: Promise<{ convert: number; int4: number; bf16: number }> | undefined;
  const measure = () =>
    inFolder(async (folder) => {
      const file = await writeSyntheticTransformer(folder, fullWidth(LAYERS, REFINERS));
      const cache = join(folder, 'cache');
      const watch = async (stage: StageRequest['stage']) => {
        const watched = await watchStage(process.argv[1] ?? '', { stage, file, cache, steps: STEPS });
        process.stderr.write(`${stage}: ${JSON.stringify(watched)}\n`);
        return watched;
      };
      const convert = await watch('convert');
      const int4 = await watch('int4');
      const bf16 = await watch('bf16');
      return {
        convert: convert.peakBytes / 1e9,
        int4: int4.addedBytes / int4.weightBytes,
        bf16: bf16.addedBytes / bf16.weightBytes,
      };
    });
  return () => {
    made ??= measure();
    return made;
  };
})();

const TOKENS = 1024;

/** FLOP/s of one block of full width in float32 over that of the runtime's product of its tokens with one weight. */
const blockAgainstMatmul = (): Promise<number> =>
  inFolder(async (folder) => {
    const config = fullWidth(1, 0);
    const { dim, feedForwardWidth } = config;
    const part = await openPart(await writeSyntheticTransformer(folder, config), 'transformer');
    const block = await openBlock(part.weights, config, 'packed', undefined, false);
    const graph = new Graph('reference product');
    const source = part.weights.get('layers.0.attention.to_q.weight');
    if (!source) throw new Error('The block has no weights.');
    const x = graph.input('x', 'float32', [TOKENS, dim]);
    graph.output('y', graph.linear(x, graph.weight('w', source)));
    const product = await Session.create(graph.build(), { provider: 'cpu', weights: 'packed' });
    const feeds = blockFeeds(config, TOKENS);
    const rows = { x: { dims: [TOKENS, dim], data: normalValues(TOKENS * dim, 4) } };
    const [blockTime = 1, productTime = 1] = await interleave(7, [
      () => block.run(feeds),
      () => product.run(rows),
    ]);
    await block.release();
    await product.release();
    const flops = 2 * TOKENS * (4 * dim * dim + 3 * dim * feedForwardWidth) + 4 * TOKENS * TOKENS * dim;
    return flops / blockTime / ((2 * TOKENS * dim * dim) / productTime);
  });

const size =
  LAYERS === 30
    ? 'Z-Image-Turbo of full size with random weights'
    : `${LAYERS} blocks of Z-Image-Turbo's width`;

export const fullBenchmarks: readonly Benchmark[] = [
  {
    id: 'full.convert-peak',
    unit: 'GB',
    target: 3,
    better: 'lower',
    reference: `resident memory while ${size} are converted to int4`,
    measure: async () => (await figures()).convert,
  },
  {
    id: 'full.int4-peak',
    unit: '×',
    // Of four blocks a fixed part, what a step computes, is a quarter.
    target: LAYERS === 30 ? 1.35 : 1.5,
    better: 'lower',
    reference: `bytes of the quantised weights; private memory of steps at 256 px, ${size}`,
    measure: async () => (await figures()).int4,
  },
  {
    id: 'full.bf16-mapped-private',
    unit: '×',
    target: 0.15,
    better: 'lower',
    reference: `bytes of the bf16 file; private memory of steps at 256 px, ${size}`,
    measure: async () => (await figures()).bf16,
  },
  {
    id: 'full.block-vs-matmul',
    unit: '×',
    target: 0.7,
    better: 'higher',
    reference:
      'FLOP/s of one onnxruntime product [1024, 3840] · [3840, 3840] on this machine; one block in float32',
    measure: blockAgainstMatmul,
  },
];
