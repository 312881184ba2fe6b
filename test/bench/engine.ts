import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../electron/package-root.ts';

import { openDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { Engine } from '../../nodes/engine.ts';
import { KeyTable } from '../../nodes/execution/keys.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { Graph } from '../../nodes/inference/onnx/graph.ts';
import { runtimeCounters } from '../../nodes/inference/ort/counters.ts';
import { Session } from '../../nodes/inference/ort/session.ts';
import { TorchCpuGenerator } from '../../nodes/inference/sampling/torch-random.ts';
import { createServices } from '../../nodes/inference/services/index.ts';
import { stepFlops } from '../../nodes/inference/zimage/step-flops.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { library } from '../../nodes/library/index.ts';
import { memoryOf } from '../support/process-memory.ts';
import { fullWidth, writeSyntheticTransformer } from '../support/synthetic-model.ts';
import { type Benchmark, inFolder, interleave, median } from './harness.ts';

const NANO = join(packageRoot(), 'nodes', 'models', 'nano');
const TEMPLATE = join(packageRoot(), 'workflows', 'text-to-image.kronode.json');
const CPU = { provider: 'cpu', weights: 'packed', attention: { kind: 'fused' } } as const;

const template = async (): Promise<Document> =>
  openDocument(await readFile(TEMPLATE, 'utf8'), library).document;

async function stepAgainstMatmul(): Promise<number> {
  const { weights, config } = await openPart(NANO, 'transformer');
  const model = new ZImageTransformer(weights, config, CPU);
  const caption = await model.prepareCaption(new TorchCpuGenerator(1n).randn([20, config.captionDim]));
  const batch = 1;
  const latents = new TorchCpuGenerator(2n).randn([batch, 16, 16, 16]);
  const side = 1024;
  const graph = new Graph('reference product');
  const weight = graph.constant(new TorchCpuGenerator(3n).randn([side, side]).data, [side, side]);
  graph.output('y', graph.matmul(graph.input('x', 'float32', [side, side]), weight));
  const product = await Session.create(graph.build(), CPU);
  const x = new TorchCpuGenerator(4n).randn([side, side]);
  const [step = 1, matmul = 1] = await interleave(40, [
    () => model.velocity(latents, 0.5, [caption]),
    () => product.run({ x }),
  ]);
  await model.dispose();
  await product.release();
  const flops = stepFlops(config, 64, 32, batch);
  return flops / step / ((2 * side ** 3) / matmul);
}

/** A warm engine with the embedded model. */
async function withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const services = await createServices({
      modelFolders: [join(packageRoot(), 'nodes', 'models')],
      pictureFolders: [],
      outputFolder: folder,
      provider: 'cpu',
    });
    try {
      return await work(new Engine(services));
    } finally {
      await services.dispose();
    }
  });
}

const withSeed = (document: Document, seed: number): Document => ({
  ...document,
  nodes: {
    ...document.nodes,
    noise: { ...(document.nodes.noise as Document['nodes'][string]), inputs: { seed: [String(seed)] } },
  },
});

const run = async (engine: Engine, document: Document) =>
  engine.run(document, { signal: new AbortController().signal });

/**
 * Share of a job that goes to planning, noise, schedule, and to what the sampler does around the
 * network: patches, tables, feeds, combining steps.
 */
async function overhead(): Promise<number> {
  const document = await template();
  return withEngine(async (engine) => {
    await run(engine, document);
    const shares: number[] = [];
    for (let seed = 0; seed < 41; seed++) {
      let inNetwork = 0;
      const { timings, milliseconds } = await engine.run(withSeed(document, seed), {
        signal: new AbortController().signal,
        onEvent: (event) => {
          if (event.kind === 'started' && event.node === 'sample')
            inNetwork -= runtimeCounters.runMilliseconds;
          if (event.kind === 'finished' && event.node === 'sample')
            inNetwork += runtimeCounters.runMilliseconds;
        },
      });
      const spent = (types: readonly string[]) =>
        timings
          .filter(({ type }) => types.includes(type))
          .reduce((sum, timing) => sum + timing.milliseconds, 0);
      const planning = milliseconds - timings.reduce((sum, timing) => sum + timing.milliseconds, 0);
      const sampling = spent(['sampling.sample', 'sampling.noise', 'sampling.schedule']) - inNetwork;
      shares.push((planning + sampling) / milliseconds);
    }
    return median(shares);
  });
}

async function warmRun(): Promise<number> {
  const document = await template();
  return withEngine(async (engine) => {
    await run(engine, document);
    const times: number[] = [];
    for (let seed = 100; seed < 107; seed++)
      times.push((await run(engine, withSeed(document, seed))).milliseconds);
    return median(times) / 1000;
  });
}

const coldRun = (): Promise<number> =>
  inFolder(async (folder) => {
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const startedAt = performance.now();
      const args = [
        join(packageRoot(), 'dist', 'kronode.js'),
        'run',
        TEMPLATE,
        '--out',
        folder,
        '--provider',
        'cpu',
      ];
      await promisify(execFile)(process.execPath, args);
      times.push((performance.now() - startedAt) / 1000);
    }
    return median(times);
  });

/** Milliseconds to plan and key a graph of 1,000 nodes that did not change. */
async function planThousand(): Promise<number> {
  const nodes: Record<string, Document['nodes'][string]> = {
    first: { type: 'values.text', version: 1, at: [0, 0], inputs: { value: 'x' } },
  };
  const wires: Document['wires'] = {};
  for (let i = 1; i < 999; i++) {
    nodes[`n${i}`] = { type: 'values.switch', version: 1, at: [0, 0], inputs: { on: true } };
    wires[`w${i}`] = { from: [i === 1 ? 'first' : `n${i - 1}`, 'value'], to: [`n${i}`, 'when_on'] };
  }
  nodes.grid = { type: 'images.grid', version: 1, at: [0, 0], inputs: {} };
  wires.last = { from: ['n998', 'value'], to: ['grid', 'labels'] };
  const document: Document = { ...(await template()), nodes, wires };
  return withEngine(async (engine) => {
    const keys = new KeyTable();
    const [time = Number.NaN] = await interleave(15, [
      async () => keys.keysOf(engine.plan(document, ['grid']), new Map()),
    ]);
    return time;
  });
}

/** Bytes of the synthetic checkpoint: six blocks of Z-Image-Turbo's width in bf16. */
const OPEN_LAYERS = 6;

/** Private memory that opening a large bf16 checkpoint adds before its first run, over the file's size. */
const openPrivate = (): Promise<number> =>
  inFolder(async (folder) => {
    const file = await writeSyntheticTransformer(folder, fullWidth(OPEN_LAYERS, 0));
    const opened = await openPart(file, 'transformer');
    const size = [...opened.weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const { private: before } = await memoryOf('self');
    const model = new ZImageTransformer(opened.weights, opened.config, { ...CPU, weights: 'mapped' });
    await model.open();
    const added = (await memoryOf('self')).private - before;
    await model.dispose();
    return added / size;
  });

export const engineBenchmarks: readonly Benchmark[] = [
  {
    id: 'engine.step-vs-matmul',
    unit: '×',
    target: 0.45,
    better: 'higher',
    reference:
      'FLOP/s of one onnxruntime MatMul at 1024³ on this machine; one step of the embedded model for one 128 px picture',
    measure: stepAgainstMatmul,
  },
  {
    id: 'engine.overhead',
    unit: '×',
    target: 0.05,
    better: 'lower',
    reference: 'the whole job, text to image at 128 px; sampler, patches, noise and plan',
    measure: overhead,
  },
  {
    id: 'engine.cold-run',
    unit: 's',
    target: 4,
    better: 'lower',
    reference: 'process start to PNG, text to image at 128 px',
    measure: coldRun,
  },
  {
    id: 'engine.warm-run',
    unit: 's',
    target: 0.6,
    better: 'lower',
    reference: 'the next seed in the same engine, 128 px',
    measure: warmRun,
  },
  {
    id: 'engine.plan-1000',
    unit: 'ms',
    target: 20,
    better: 'lower',
    reference: 'plan and keys of an unchanged chain of 1,000 nodes',
    measure: planThousand,
  },
  {
    id: 'engine.open-private',
    unit: '×',
    target: 0.05,
    better: 'lower',
    reference: 'bytes of a 2.2 GB bf16 checkpoint; private memory added before the first run',
    measure: openPrivate,
  },
];
