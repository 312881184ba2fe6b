import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from '../../electron/supervisor/engine-child.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { Graph } from '../../nodes/inference/onnx/graph.ts';
import { Session } from '../../nodes/inference/ort/session.ts';
import { blockFeeds, openBlock } from '../support/full-block.ts';
import { fullWidth, normalValues, writeSyntheticTransformer } from '../support/synthetic-model.ts';
import type { Stage, StageReport } from './full-stage.ts';
import { type Benchmark, inFolder, interleave } from './harness.ts';

/** Blocks of the synthetic transformer: 4 take a minute, all 30 need 20 GB of disk and half an hour. */
const LAYERS = Number(process.env.KRONODE_BENCH_LAYERS ?? 4);
const REFINERS = LAYERS === 30 ? 2 : 0;
const SAMPLING_MILLISECONDS = 20;

/** Most memory a process had, in bytes. */
interface Peak {
  /** Resident, pages of files included. */
  total: number;
  /** Private, above what the process had before it opened a model. */
  added: number;
}

/** Runs one stage in a process of its own and watches its memory. */
async function watchStage(
  stage: Stage,
  file: string,
  cache: string,
): Promise<{ readonly report: StageReport; readonly peak: Peak }> {
  const args = [process.argv[1] ?? '', '--stage', stage, '--file', file, '--cache', cache];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: childEnvironment(),
  });
  const closed = once(child, 'close');
  const peak: Peak = { total: 0, added: 0 };
  let first: number | undefined;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const bytes = (field: string) =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
    first ??= bytes('RssAnon') || undefined;
    peak.total = Math.max(peak.total, bytes('VmHWM'));
    peak.added = Math.max(peak.added, bytes('RssAnon') - (first ?? 0));
  }, SAMPLING_MILLISECONDS);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await closed;
  clearInterval(timer);
  if (code !== 0) throw new Error(`The stage ${stage} ended with ${code}.`);
  const report = JSON.parse(output) as StageReport;
  process.stderr.write(
    `${stage}: ${JSON.stringify(report)}, peak ${(peak.total / 1e9).toFixed(2)} GB, private ${(peak.added / 1e9).toFixed(2)} GB\n`,
  );
  return { report, peak };
}

/** The figures of all stages, made once: the model they share takes longest. */
const figures = (() => {
  let made: Promise<{ convert: number; int4: number; bf16: number }> | undefined;
  const measure = () =>
    inFolder(async (folder) => {
      const file = await writeSyntheticTransformer(folder, fullWidth(LAYERS, REFINERS));
      const cache = join(folder, 'cache');
      const convert = await watchStage('convert', file, cache);
      const int4 = await watchStage('int4', file, cache);
      const bf16 = await watchStage('bf16', file, cache);
      return {
        convert: convert.peak.total / 1e9,
        int4: int4.peak.added / int4.report.quantisedBytes,
        bf16: bf16.peak.added / bf16.report.storedBytes,
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
    // Of four blocks a fixed part, what a step computes, is as much as a third.
    target: LAYERS === 30 ? 1.35 : 1.7,
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
