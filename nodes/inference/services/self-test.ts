import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { ComputeType } from '../../core/precision.ts';
import { elementCount, tensor } from '../../core/tensor.ts';
import { type ZImageConfig, zimageTurbo } from '../checkpoints/configs.ts';
import { type OpenedPart, openPart } from '../checkpoints/model-folder.ts';
import { writeSafetensors } from '../checkpoints/safetensors-writer.ts';
import type { NetworkWeights } from '../checkpoints/weights.ts';
import { zimageWeights } from '../checkpoints/zimage-names.ts';
import { attentionFor } from '../ort/attention-check.ts';
import { fixedValues } from '../ort/fixed-values.ts';
import { computesIn } from '../ort/float-check.ts';
import type { Provider } from '../ort/session-options.ts';
import { planConversion } from '../precision/conversion.ts';
import { blockFormats } from '../precision/formats.ts';
import { WeightCache } from '../precision/weight-cache.ts';
import type { TransformerSettings } from '../zimage/sessions.ts';
import { ZImageTransformer } from '../zimage/transformer.ts';

/** How the numbers of a provider compare with the CPU's. */
export interface SelfTestReport {
  readonly provider: string;
  /**
   * `right`: as float32 rounds; `rounded`: as half precision rounds; `wrong`: a broken driver;
   * `failed`: it gave no numbers, `message` says why.
   */
  readonly verdict: 'right' | 'rounded' | 'wrong' | 'failed';
  /** Largest difference, relative to the largest value. */
  readonly error?: number;
  /** One step, after a warm-up. */
  readonly milliseconds?: number;
  readonly cpuMilliseconds?: number;
  readonly message?: string;
}

/** One block of heads as wide as the real model's; the rest is small, so that the answer comes at once. */
const CONFIG: ZImageConfig = {
  ...zimageTurbo,
  dim: 256,
  heads: 2,
  layers: 1,
  refinerLayers: 0,
  feedForwardWidth: 640,
  captionDim: 256,
};
/** 400 image tokens: more than any tile of the fused kernels, and no multiple of one. */
const LATENT: readonly number[] = [1, 16, 40, 40];
/** For products in blocks, whose kernels have small tiles. */
const SMALL_LATENT: readonly number[] = [1, 16, 8, 8];
const TOKENS = 512;
const CAPTION_TOKENS = 21;
const SIGMA = 0.7;

/** Far above the rounding of float32 over one block. */
const RIGHT = 1e-3;
/** Far above that of half precision, far below a kernel that is wrong. */
const ROUNDED = 3e-2;

/**
 * Runs one transformer block on a provider and on the CPU, and compares: tells a broken driver from a broken
 * model before anybody waits for a download. As real runs do, it computes in half precision and in bfloat16
 * where they work, and with weights in blocks. The CPU itself is compared with its own plain operators.
 */
export async function runSelfTest(provider: Provider): Promise<SelfTestReport> {
  const folder = await mkdtemp(join(tmpdir(), 'kronode-self-test-'));
  try {
    const { weights, config } = await writeSample(join(folder, 'block.safetensors'));
    const half = (await computesIn(provider, 'float16')) ? 'float16' : 'float32';
    const scales = half === 'float16' ? 'F16' : 'F32';
    const inBlocks = await new WeightCache(folder).prepare(
      planConversion('transformer', weights, 'self-test', {
        kind: 'blocks',
        format: blockFormats.int8,
        scales,
      }),
    );
    const isCpu = provider === 'cpu';
    const reference: TransformerSettings = {
      provider: 'cpu',
      weights: 'packed',
      attention: isCpu ? { kind: 'primitive', chunks: 1 } : { kind: 'fused' },
    };
    const testedIn = async (compute: ComputeType): Promise<TransformerSettings> => ({
      provider,
      compute,
      weights: 'packed',
      attention: await attentionFor(provider, { ...config, tokens: TOKENS, compute }),
    });
    const compare = async (form: NetworkWeights, compute: ComputeType, latent: readonly number[]) => {
      const expected = await stepOn(form, reference, latent);
      const actual = await stepOn(form, await testedIn(compute), latent);
      return { expected, actual, error: largestDifference(actual.velocity, expected.velocity) };
    };
    const plain = await compare(weights, half, LATENT);
    // Two right answers differ by as much as half precision does: activations are rounded to 8 bits, or to bfloat16.
    const others = [await compare(inBlocks, half, SMALL_LATENT)];
    if (await computesIn(provider, 'bfloat16')) others.push(await compare(weights, 'bfloat16', LATENT));
    const wrong = others.find(({ error }) => !(error < ROUNDED));
    const { error } = wrong ?? plain;
    return {
      provider,
      verdict: error < RIGHT ? 'right' : error < ROUNDED ? 'rounded' : 'wrong',
      ...(Number.isFinite(error) && { error }),
      milliseconds: plain.actual.milliseconds,
      cpuMilliseconds: plain.expected.milliseconds,
    };
  } catch (error) {
    // Whatever a driver throws is the answer.
    return { provider, verdict: 'failed', message: messageOf(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeSample(path: string): Promise<OpenedPart<'transformer'>> {
  const tensors = [...zimageWeights(CONFIG).required].map(([name, shape], salt) => {
    const count = elementCount(shape);
    // Norms around 1, matrices that keep the size of what goes through them.
    const isNorm = shape.length === 1 && name.endsWith('.weight');
    const scale = isNorm ? 0.1 : 1 / Math.sqrt(shape[1] ?? 16);
    const data = fixedValues(count, salt).map((value) => value * scale + (isNorm ? 1 : 0));
    return { name, dtype: 'F32' as const, shape, data: () => [new Uint8Array(data.buffer)] };
  });
  await writeSafetensors(path, tensors);
  return openPart(path, 'transformer');
}

async function stepOn(
  weights: NetworkWeights,
  settings: TransformerSettings,
  dims: readonly number[],
): Promise<{ readonly velocity: Float32Array; readonly milliseconds: number }> {
  const network = new ZImageTransformer(weights, CONFIG, settings);
  try {
    const features = tensor(
      [CAPTION_TOKENS, CONFIG.captionDim],
      fixedValues(CAPTION_TOKENS * CONFIG.captionDim, 7),
    );
    const latent = tensor(dims, fixedValues(elementCount(dims), 11));
    const caption = await network.prepareCaption(features);
    const step = () => network.velocity(latent, SIGMA, [caption]);
    await step();
    const startedAt = performance.now();
    const { data } = await step();
    return { velocity: data, milliseconds: performance.now() - startedAt };
  } finally {
    await network.dispose();
  }
}

/** NaN where any value is. */
export function largestDifference(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let size = 0;
  for (const [i, value] of expected.entries()) {
    const distance = Math.abs((actual[i] ?? Number.NaN) - value);
    if (Number.isNaN(distance)) return Number.NaN;
    difference = Math.max(difference, distance);
    size = Math.max(size, Math.abs(value));
  }
  return difference / size;
}
