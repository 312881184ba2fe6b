import { join } from 'node:path';
import { packageRoot } from '../../electron/package-root.ts';
import { liveAdapter } from '../../nodes/inference/adapters/live-adapter.ts';
import { readAdapter } from '../../nodes/inference/adapters/read-adapter.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { TorchCpuGenerator } from '../../nodes/inference/sampling/torch-random.ts';
import { type PreparedCaption, ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { type Benchmark, interleave } from './harness.ts';

const NANO = join(packageRoot(), 'nodes', 'models', 'nano');
const GLOSSY = join(NANO, 'adapters', 'nano-glossy-lokr.safetensors');
const CPU = { provider: 'cpu', weights: 'packed', attention: { kind: 'fused' } } as const;
const SIGMAS = [1, 0.954, 0.9, 0.833, 0.75, 0.643, 0.5, 0.3];

/** The embedded model with and without its adapter in the graph, and a caption for each. */
async function withModels<T>(
  work: (models: { readonly steps: (strength: number | undefined) => Promise<void> }) => Promise<T>,
): Promise<T> {
  const { weights, config } = await openPart(NANO, 'transformer');
  const adapters = [await liveAdapter(await readAdapter(GLOSSY, weights), weights)];
  const plain = new ZImageTransformer(weights, config, CPU);
  const adapted = new ZImageTransformer(weights, config, { ...CPU, adapters });
  const features = new TorchCpuGenerator(1n).randn([20, config.captionDim]);
  const captions = new Map<ZImageTransformer, PreparedCaption>();
  for (const model of [plain, adapted]) captions.set(model, await model.prepareCaption(features));
  const latents = new TorchCpuGenerator(2n).randn([1, 16, 16, 16]);
  /** Eight steps; without a strength on the model that has no adapter. */
  const steps = async (strength: number | undefined) => {
    const model = strength === undefined ? plain : adapted;
    const caption = captions.get(model);
    if (!caption) throw new Error('A model without its caption.');
    for (const sigma of SIGMAS)
      await model.velocity(latents, sigma, [caption], strength === undefined ? [] : [{ strength }]);
  };
  try {
    return await work({ steps });
  } finally {
    await plain.dispose();
    await adapted.dispose();
  }
}

const ratio = ([value = Number.NaN, reference = Number.NaN]: readonly number[]): number => value / reference;
const ROUNDS = 25;

/** Strengths that never repeat, as a slider gives them. */
function* slider(): Generator<number> {
  for (let i = 1; ; i++) yield 0.2 + (i % 97) / 100;
}

export const adapterBenchmarks: readonly Benchmark[] = [
  {
    id: 'adapter.strength-change',
    unit: '×',
    target: 1.03,
    better: 'lower',
    reference: 'the same eight steps again at the old strength',
    measure: () => {
      const strengths = slider();
      return withModels(async ({ steps }) =>
        ratio(await interleave(ROUNDS, [() => steps(strengths.next().value ?? 1), () => steps(1)])),
      );
    },
  },
  {
    id: 'adapter.live-nano',
    unit: '×',
    target: 1.6,
    better: 'lower',
    reference: 'eight steps of the embedded model without an adapter in its graph',
    measure: () =>
      withModels(async ({ steps }) =>
        ratio(await interleave(ROUNDS, [() => steps(1), () => steps(undefined)])),
      ),
  },
  {
    id: 'adapter.off',
    unit: '×',
    target: 1.03,
    better: 'lower',
    reference: 'eight steps of the embedded model without an adapter in its graph',
    measure: () =>
      withModels(async ({ steps }) =>
        ratio(await interleave(ROUNDS, [() => steps(0), () => steps(undefined)])),
      ),
  },
];
