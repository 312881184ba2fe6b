import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../electron/package-root.ts';
import { openDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { Engine } from '../../nodes/engine.ts';
import { bake } from '../../nodes/inference/adapters/bake.ts';
import type { AdapterStrength } from '../../nodes/inference/adapters/blocks.ts';
import { type LiveAdapter, liveAdapter } from '../../nodes/inference/adapters/live-adapter.ts';
import { loadModule, readMatrix } from '../../nodes/inference/adapters/matrix.ts';
import { mergeAll } from '../../nodes/inference/adapters/merge.ts';
import { readAdapter } from '../../nodes/inference/adapters/read-adapter.ts';
import { type OpenedPart, openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { TorchCpuGenerator } from '../../nodes/inference/sampling/torch-random.ts';
import { createServices } from '../../nodes/inference/services/index.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { library } from '../../nodes/library/index.ts';
import { writeFullRankLokr } from '../support/synthetic-adapter.ts';
import { fullWidth, writeSyntheticTransformer } from '../support/synthetic-model.ts';
import { type Benchmark, inFolder, median, pairedRatio } from './harness.ts';

const NANO = join(packageRoot(), 'nodes', 'models', 'nano');
const GLOSSY = join(NANO, 'adapters', 'nano-glossy-lokr.safetensors');
const TEMPLATE = join(packageRoot(), 'workflows', 'live-strength.kronode.json');
const CPU = { provider: 'cpu', weights: 'packed', attention: { kind: 'fused' } } as const;
const SIGMAS = [1, 0.954, 0.9, 0.833, 0.75, 0.643, 0.5, 0.3];
const ROUNDS = 25;

type Model = OpenedPart<'transformer'>;

const openNano = (): Promise<Model> => openPart(NANO, 'transformer');

const openAdapter = async (file: string, { weights }: Model): Promise<LiveAdapter> =>
  liveAdapter(await readAdapter(file, weights), weights);

const withSlots = ({ weights, config }: Model): ZImageTransformer =>
  new ZImageTransformer(weights, config, { ...CPU, slots: 1 });

/** A network with an adapter in a slot, as the engine runs it. */
const adapted = async (model: Model, file = GLOSSY): Promise<ZImageTransformer> =>
  withSlots(model).adaptedBy([await openAdapter(file, model)]);

const plain = ({ weights, config }: Model): ZImageTransformer => new ZImageTransformer(weights, config, CPU);

/** Runs with networks that are released afterwards. */
async function using<T>(networks: readonly ZImageTransformer[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    for (const network of networks) await network.dispose();
  }
}

/** What the embedded model gets: a prompt of twenty tokens, and the noise of a 128 px picture. */
const inputsOf = ({ config }: Pick<Model, 'config'>) => ({
  features: new TorchCpuGenerator(1n).randn([20, config.captionDim]),
  latents: new TorchCpuGenerator(2n).randn([1, 16, 16, 16]),
});

/** Eight steps of a network for one 128 px picture, at a strength where it has an adapter. */
async function stepsOf(
  network: ZImageTransformer,
  { features, latents } = inputsOf(network),
  strengths: readonly AdapterStrength[] = [],
) {
  const caption = await network.prepareCaption(features, strengths);
  return async (strength?: number): Promise<void> => {
    const strengths = strength === undefined ? [] : [{ strength }];
    for (const sigma of SIGMAS) await network.velocity(latents, sigma, [caption], strengths);
  };
}

/** Strengths that never repeat, as a slider gives them. */
function slider(): () => number {
  let moves = 0;
  return () => 0.2 + (moves++ % 97) / 100;
}

/**
 * A job with an adapter file that was never used before, over the next seed with the same one, at 256 px.
 * Adapters differ in the shapes of their factors by turns.
 */
const swap = (): Promise<number> =>
  inFolder(async (folder) => {
    const { weights } = await openNano();
    const others = [4, 16].map((factor) => writeFullRankLokr(folder, weights, factor));
    const shapes = [GLOSSY, ...(await Promise.all(others))];
    const files = Array.from({ length: 2 * ROUNDS + 1 }, (_, round) => `swap-${round}.safetensors`);
    for (const [round, file] of files.entries())
      await copyFile(shapes[round % shapes.length] ?? GLOSSY, join(folder, file));
    return withTemplate([folder], async (engine, template) => {
      const ratios: number[] = [];
      const large = withInput(template, 'size', { width: 256, height: 256 });
      for (const [round, adapter] of files.entries()) {
        const document = withInput(large, 'adapter', { adapter });
        const swapped = await timed(() => engine.run(document, QUIETLY));
        const seeded = withInput(document, 'noise', { seed: [String(1000 + round)] });
        const again = await timed(() => engine.run(seeded, QUIETLY));
        // The first round makes the sessions.
        if (round > 0) ratios.push(swapped / again);
      }
      return median(ratios);
    });
  });

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

const QUIETLY = { signal: new AbortController().signal, onEvent: () => undefined };

async function strengthChange(): Promise<number> {
  const network = await adapted(await openNano());
  const next = slider();
  return using([network], async () => {
    const steps = await stepsOf(network);
    return pairedRatio(
      ROUNDS,
      () => steps(next()),
      () => steps(1),
    );
  });
}

/** Eight steps at a strength, over those of the network without the adapter. */
async function againstPlain(strength: number): Promise<number> {
  const model = await openNano();
  const [live, base] = [await adapted(model), plain(model)];
  return using([live, base], async () => {
    const [liveSteps, baseSteps] = [await stepsOf(live), await stepsOf(base)];
    return pairedRatio(
      3 * ROUNDS,
      () => liveSteps(strength),
      () => baseSteps(),
    );
  });
}

const withInput = (document: Document, id: string, inputs: Document['nodes'][string]['inputs']): Document => {
  const node = document.nodes[id];
  if (!node) throw new Error(`The template has no node ${id}.`);
  return {
    ...document,
    nodes: { ...document.nodes, [id]: { ...node, inputs: { ...node.inputs, ...inputs } } },
  };
};

/** A warm engine on the processor, and the template with an adapter for the embedded model. */
const withTemplate = <T>(
  folders: readonly string[],
  work: (engine: Engine, template: Document) => Promise<T>,
): Promise<T> =>
  inFolder(async (outputFolder) => {
    const services = await createServices({
      modelFolders: [join(NANO, '..'), ...folders],
      pictureFolders: [],
      outputFolder,
      provider: 'cpu',
    });
    try {
      const template = openDocument(await readFile(TEMPLATE, 'utf8'), library).document;
      return await work(new Engine(services), template);
    } finally {
      await services.dispose();
    }
  });

/** From a changed strength to the bytes of its first preview, in steps; the whole engine, warm, at 256 px. */
const firstPreview = (): Promise<number> =>
  withTemplate([], async (engine, template) => {
    const large = withInput(template, 'size', { width: 256, height: 256 });
    const next = slider();
    const ratios: number[] = [];
    for (let round = 0; round < 15; round++) {
      const document = withInput(large, 'adapter', { strength: next() });
      const startedAt = performance.now();
      let shown: Promise<number> | undefined;
      const { timings } = await engine.run(document, {
        signal: new AbortController().signal,
        live: true,
        onEvent: (event) => {
          if (event.kind !== 'progress' || !event.preview || shown) return;
          shown = event.preview().then(() => performance.now() - startedAt);
        },
      });
      const step = median(timings.find(({ type }) => type === 'sampling.sample')?.units ?? []);
      if (shown) ratios.push((await shown) / step);
    }
    return median(ratios);
  });

/** One block of Z-Image's width over 1,024 tokens, with a full-rank LoKr of factor 8 on every linear layer. */
const liveBlock = (): Promise<number> =>
  inFolder(async (folder) => {
    const file = await writeSyntheticTransformer(folder, fullWidth(1, 0));
    const model = await openPart(file, 'transformer');
    const lokr = await writeFullRankLokr(folder, model.weights, 8);
    const [live, base] = [await adapted(model, lokr), plain(model)];
    return using([live, base], async () => {
      // 992 tokens of the picture and 32 of the caption.
      const latents = new TorchCpuGenerator(2n).randn([1, 16, 62, 64]);
      const features = new TorchCpuGenerator(1n).randn([20, model.config.captionDim]);
      const caption = await base.prepareCaption(features);
      const liveCaption = await live.prepareCaption(features, [{ strength: 1 }]);
      return pairedRatio(
        7,
        () => live.velocity(latents, 0.5, [liveCaption], [{ strength: 1 }]),
        () => base.velocity(latents, 0.5, [caption]),
      );
    });
  });

const baked = (): Promise<number> =>
  inFolder(async (folder) => {
    const model = await openNano();
    const to = join(folder, 'baked.safetensors');
    const adapter = await readAdapter(GLOSSY, model.weights);
    await bake({ model, adapters: [{ adapter, strength: 1 }], to, recipe: 'benchmark' });
    const [merged, base] = [plain(await openPart(to, 'transformer')), plain(model)];
    return using([merged, base], async () => {
      const [mergedSteps, baseSteps] = [await stepsOf(merged), await stepsOf(base)];
      return pairedRatio(
        3 * ROUNDS,
        () => mergedSteps(),
        () => baseSteps(),
      );
    });
  });

/**
 * A change of strength as other tools make it: every adapted weight merged in float32, the network
 * loaded again, then the steps; over a change here.
 */
async function peerWay(): Promise<number> {
  const model = await openNano();
  const live = await adapted(model);
  const adapter = await readAdapter(GLOSSY, model.weights);
  const next = slider();
  return using([live], async () => {
    const steps = await stepsOf(live);
    return pairedRatio(
      5,
      async () => {
        const strength = next();
        for (const [name, module] of adapter.modules) {
          const source = model.weights.get(`${name}.weight`);
          const [rows = 0, columns = 0] = source?.shape ?? [];
          if (!source) throw new Error(`The model has no ${name}.`);
          const base = await readMatrix({ key: name, rows, columns, source });
          mergeAll(base, [{ module: await loadModule(module), strength }]);
        }
        const rebuilt = plain(model);
        await using([rebuilt], async () => (await stepsOf(rebuilt))());
      },
      () => steps(next()),
    );
  });
}

/** Five strengths as rows of one batch, over five passes one after another. */
async function sweepOfFive(): Promise<number> {
  const model = await openNano();
  const live = await adapted(model);
  return using([live], async () => {
    const each = [0.2, 0.4, 0.6, 0.8, 1].map((strength) => [{ strength }]);
    const caption = await live.prepareCaption(new TorchCpuGenerator(1n).randn([20, model.config.captionDim]));
    const one = new TorchCpuGenerator(2n).randn([1, 16, 16, 16]);
    const five = { dims: [5, 16, 16, 16], data: new Float32Array(5 * one.data.length) };
    for (const image of each.keys()) five.data.set(one.data, image * one.data.length);
    return pairedRatio(
      ROUNDS,
      () => live.imageVelocity(five, 0.5, [caption], each),
      async () => {
        for (const strengths of each) await live.velocity(one, 0.5, [caption], strengths);
      },
    );
  });
}

const STEPS = 'eight steps of the embedded model for one 128 px picture';

export const adapterBenchmarks: readonly Benchmark[] = [
  {
    id: 'adapter.strength-change',
    unit: '×',
    target: 1.03,
    better: 'lower',
    reference: `${STEPS}, again at the old strength`,
    measure: strengthChange,
  },
  {
    id: 'adapter.first-preview',
    unit: 'steps',
    target: 1.3,
    better: 'lower',
    reference: 'one step; from a changed strength to the JPEG of its first step, whole engine, 256 px',
    measure: firstPreview,
  },
  {
    id: 'adapter.swap',
    unit: '×',
    target: 1.1,
    better: 'lower',
    reference:
      'a job with the next seed, 256 px, up to the saved picture; with an adapter file of other shape, never used before',
    measure: swap,
  },
  {
    id: 'adapter.live-block',
    unit: '×',
    target: 1.2,
    better: 'lower',
    reference:
      'one block of width 3,840 over 1,024 tokens without; LoKr of factor 8 and full rank on all linears',
    measure: liveBlock,
  },
  {
    id: 'adapter.live-nano',
    unit: '×',
    target: 1.6,
    better: 'lower',
    reference: `${STEPS} without an adapter`,
    measure: () => againstPlain(1),
  },
  {
    id: 'adapter.off',
    unit: '×',
    target: 1.03,
    better: 'lower',
    reference: `${STEPS} without an adapter; with one at strength 0`,
    measure: () => againstPlain(0),
  },
  {
    id: 'adapter.baked',
    unit: '×',
    target: 1.01,
    better: 'lower',
    reference: `${STEPS} without an adapter; with one merged into the file`,
    measure: baked,
  },
  {
    id: 'adapter.peer-way',
    unit: '×',
    target: 1.5,
    better: 'higher',
    reference: 'a change of strength here; merging every weight in float32 and loading the network again',
    measure: peerWay,
  },
  {
    id: 'adapter.sweep5',
    unit: '×',
    target: 0.9,
    better: 'lower',
    reference:
      'five passes of the embedded model for a 128 px picture; five strengths in one batch, as a sweep runs them',
    measure: sweepOfFive,
  },
];
