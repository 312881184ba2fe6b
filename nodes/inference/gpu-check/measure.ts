import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { ComputeType } from '../../core/precision.ts';
import type { ProviderChoice } from '../../core/providers.ts';
import type { ZImageConfig } from '../checkpoints/configs.ts';
import { attentionFor } from '../ort/attention-check.ts';
import { computesIn } from '../ort/float-check.ts';
import { type Adapter, adapterOf, usedBytes } from '../ort/graphics-card.ts';
import { matmulRate } from '../ort/matmul-rate.ts';
import { type ChosenProvider, chooseProvider } from '../ort/providers.ts';
import { runSelfTest, type SelfTestReport } from '../services/self-test.ts';
import { paddedLength } from '../zimage/positions.ts';
import { stepFlops } from '../zimage/step-flops.ts';
import { ZImageTransformer } from '../zimage/transformer.ts';
import { checkGolden, type GoldenReport } from './golden-cases.ts';
import { writeRandomWeights } from './random-weights.ts';

export interface CheckRequest {
  readonly provider: ProviderChoice;
  /** By default what a model that fits is computed in. */
  readonly compute?: ComputeType;
  /** The model to imitate. */
  readonly config: ZImageConfig;
  /** Sides of the pictures in pixels. */
  readonly sizes: readonly number[];
  /** Folder with the references of small models. */
  readonly golden: string;
  /** Leaves out most of those references. */
  readonly quick: boolean;
  readonly onStage?: (text: string) => void;
}

/** One row of the table. */
export interface SizeReport {
  readonly side: number;
  readonly seconds: number;
  readonly flops: number;
  /** Time of a step with a LoKr on every linear layer over that without, less 1. */
  readonly lokrOverhead: number;
}

export interface CheckReport {
  readonly provider: ChosenProvider;
  readonly device: Adapter | undefined;
  /** What was measured. */
  readonly compute: ComputeType;
  readonly selfTest: SelfTestReport;
  /** In float32, and in the narrower types that work. */
  readonly golden: readonly GoldenReport[];
  /** FLOP/s of the runtime's own matrix product. */
  readonly matmulRate: number;
  /** Of the model that was imitated. */
  readonly width: number;
  /** Blocks that fitted, and blocks of the whole model. */
  readonly layers: number;
  readonly allLayers: number;
  readonly sizes: readonly SizeReport[];
  /** Most resident memory of this process, in bytes; a GPU's own memory is not in it. */
  readonly peakBytes: number;
  /** Most memory of the card in use after steps, less what was in use before; where the system tells. */
  readonly cardBytes: number | undefined;
}

const ROUNDS = 3;
const CAPTION_TOKENS = 96;
const SIGMA = 0.7;
/** Of a device's memory that weights may take. */
const WEIGHT_SHARE = 0.7;
const ASSUMED_BYTES = 8e9;

/** Measures a provider with random weights of a model's size, or of as many of its blocks as fit. */
export async function checkDevice(request: CheckRequest): Promise<CheckReport> {
  const { config, sizes, onStage = () => undefined } = request;
  const provider = await chooseProvider(request.provider);
  onStage(`Running on ${provider.name} (${provider.reason}).`);
  const usedBefore = await usedBytes(provider.name);
  const device = await adapterOf(provider.name);
  const computes: ComputeType[] = ['float32'];
  for (const type of ['float16', 'bfloat16'] as const)
    if (await computesIn(provider.name, type)) computes.push(type);
  const compute = request.compute ?? computes.at(-1) ?? 'float32';
  if (!computes.includes(compute))
    throw new UserError(`${provider.name} does not compute in ${compute} here.`, {
      hint: `Choose ${computes.join(' or ')}.`,
    });
  const selfTest = await runSelfTest(provider.name);
  onStage(`Self-test: ${selfTest.verdict}.`);
  const golden = await checkGolden(request.golden, provider.name, computes, request.quick);
  const equal = golden.filter(({ verdict }) => verdict === 'equal').length;
  onStage(`References: ${equal} of ${golden.length} equal.`);
  const rate = await matmulRate(provider.name, compute, config.dim);
  const folder = await mkdtemp(join(tmpdir(), 'kronode-gpu-check-'));
  try {
    let layers = fittingLayers(config, (device?.memoryBytes ?? ASSUMED_BYTES) * WEIGHT_SHARE, compute);
    for (;;) {
      onStage(`Measuring ${layers} of ${config.layers} blocks.`);
      try {
        const { rows, usedMost } = await measureSizes(
          provider,
          { ...config, layers },
          compute,
          sizes,
          folder,
        );
        return {
          provider,
          device,
          compute,
          selfTest,
          golden,
          matmulRate: rate,
          width: config.dim,
          layers,
          allLayers: config.layers,
          sizes: rows,
          peakBytes: process.resourceUsage().maxRSS * 1024,
          cardBytes: usedBefore === undefined ? undefined : Math.max(0, usedMost - usedBefore),
        };
      } catch (error) {
        // What does not fit is told by the driver alone; half as much may.
        if (!(error instanceof UserError) || layers <= 1) throw error;
        layers = Math.floor(layers / 2);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Blocks whose weights fit into so many bytes. */
function fittingLayers(config: ZImageConfig, bytes: number, compute: ComputeType): number {
  const { dim, feedForwardWidth, timeDim, layers, refinerLayers } = config;
  const block =
    (4 * dim * dim + 3 * dim * feedForwardWidth + 4 * dim * timeDim) * (compute === 'float32' ? 4 : 2);
  return Math.max(1, Math.min(layers, Math.floor(bytes / block) - 2 * refinerLayers));
}

async function measureSizes(
  provider: ChosenProvider,
  config: ZImageConfig,
  compute: ComputeType,
  sizes: readonly number[],
  folder: string,
): Promise<{ readonly rows: SizeReport[]; readonly usedMost: number }> {
  const dtype = ({ float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const)[compute];
  const { weights, adapter } = await writeRandomWeights(join(folder, 'weights'), config, dtype);
  const tokens = Math.max(...sizes.map((side) => (side / 16) ** 2)) + CAPTION_TOKENS;
  const settings = {
    provider: provider.name,
    weights: 'packed',
    compute,
    attention: await attentionFor(provider.name, { ...config, tokens, compute }),
  } as const;
  let usedMost = 0;
  const stepTimes = async (adapters: readonly (typeof adapter)[]): Promise<number[]> => {
    const model = new ZImageTransformer(weights, config, { ...settings, adapters });
    try {
      const times: number[] = [];
      for (const side of sizes) {
        times.push(await stepTime(model, config, side, adapters.length > 0));
        usedMost = Math.max(usedMost, (await usedBytes(provider.name)) ?? 0);
      }
      return times;
    } finally {
      await model.dispose();
    }
  };
  const plain = await stepTimes([]);
  const adapted = await stepTimes([adapter]);
  const rows = sizes.map((side, i) => ({
    side,
    seconds: plain[i] ?? Number.NaN,
    flops: stepFlops(config, paddedLength((side / 16) ** 2), CAPTION_TOKENS),
    lokrOverhead: (adapted[i] ?? Number.NaN) / (plain[i] ?? Number.NaN) - 1,
  }));
  return { rows, usedMost };
}

/** Median seconds of a step. */
async function stepTime(
  model: ZImageTransformer,
  { captionDim, inChannels }: ZImageConfig,
  side: number,
  hasAdapter: boolean,
): Promise<number> {
  const wave = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * i * 0.37));
  const strengths = hasAdapter ? [{ strength: 0.8 }] : [];
  const features = { dims: [CAPTION_TOKENS, captionDim], data: wave(CAPTION_TOKENS * captionDim) };
  const caption = await model.prepareCaption(features, strengths);
  const dims = [1, inChannels, side / 8, side / 8];
  const latent = { dims, data: wave(dims.reduce((all, size) => all * size, 1)) };
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const startedAt = performance.now();
    await model.velocity(latent, SIGMA, [caption], strengths);
    // The first one compiles and fills caches.
    if (round > 0) times.push((performance.now() - startedAt) / 1000);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
