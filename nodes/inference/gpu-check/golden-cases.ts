import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { ComputeType } from '../../core/precision.ts';
import type { Tensor } from '../../core/tensor.ts';
import { AutoencoderKL } from '../autoencoder-kl/autoencoder-kl.ts';
import { openPart } from '../checkpoints/model-folder.ts';
import { readSafetensors, readTensor } from '../checkpoints/safetensors.ts';
import { type AttentionNeed, attentionFor } from '../ort/attention-check.ts';
import type { Provider } from '../ort/session-options.ts';
import { Qwen3TextEncoder } from '../qwen3/text-encoder.ts';
import { largestDifference } from '../services/self-test.ts';
import { ZImageTransformer } from '../zimage/transformer.ts';

/** What small models give on a provider beside what PyTorch gave. */
export interface GoldenReport {
  readonly name: string;
  readonly compute: ComputeType;
  /** Largest difference, relative to the largest value. */
  readonly error?: number;
  readonly tolerance: number;
  /** `rounded`: beyond the tolerance, as where a driver rounds float32 to fewer bits. */
  readonly verdict: 'equal' | 'rounded' | 'wrong' | 'failed';
  /** Why it failed. */
  readonly message?: string;
}

/** Rounding of each type over all layers of a small model. */
const TOLERANCE: Readonly<Record<ComputeType, number>> = { float32: 1e-4, float16: 3e-2, bfloat16: 3e-2 };

interface Place {
  readonly folder: string;
  readonly provider: Provider;
  readonly compute: ComputeType;
}

interface Outcome {
  readonly actual: Float32Array;
  readonly expected: Float32Array;
}

interface GoldenCase {
  readonly name: string;
  /** The fastest of its part. */
  readonly isQuick: boolean;
  run(place: Place): Promise<Outcome>;
}

const cases: readonly GoldenCase[] = [
  // Times the network is told, as cases.json beside them has them.
  ...[0, 0.4].map((time, i) => ({
    name: `transformer at ${time}`,
    isQuick: i === 0,
    run: (place: Place) => transformerCase(place, time, `output.${i}`),
  })),
  ...(['single', 'long'] as const).map((name) => ({
    name: `text encoder, ${name === 'single' ? 23 : 200} tokens`,
    isQuick: name === 'single',
    run: (place: Place) => encoderCase(place, name),
  })),
  ...['decode6x6', 'decode12x20', 'decode16x16'].map((name) => ({
    name: `VAE, ${name}`,
    isQuick: false,
    run: (place: Place) => decoderCase(place, name),
  })),
  ...['encode64x64', 'encode72x104'].map((name) => ({
    name: `VAE, ${name}`,
    isQuick: name === 'encode64x64',
    run: (place: Place) => encodingCase(place, name),
  })),
];

/**
 * Runs small models against references PyTorch made of the same weights.
 * @param golden folder with the files that `golden-files.ts` names
 * @param computes what to compute in, in turn
 * @param quick only one case of each part
 */
export async function checkGolden(
  golden: string,
  provider: Provider,
  computes: readonly ComputeType[],
  quick = false,
): Promise<GoldenReport[]> {
  const reports: GoldenReport[] = [];
  for (const compute of computes)
    for (const { name, run, isQuick } of cases) {
      if (quick && !isQuick) continue;
      const tolerance = TOLERANCE[compute];
      try {
        const { actual, expected } = await run({ folder: golden, provider, compute });
        const error = largestDifference(actual, expected);
        const isEqual = error <= tolerance && actual.length === expected.length;
        const verdict = isEqual ? 'equal' : error <= TOLERANCE.float16 ? 'rounded' : 'wrong';
        reports.push({ name, compute, tolerance, verdict, ...(Number.isFinite(error) && { error }) });
      } catch (error) {
        // Whatever a driver throws is the answer.
        reports.push({ name, compute, tolerance, verdict: 'failed', message: messageOf(error) });
      }
    }
  return reports;
}

async function transformerCase({ folder, ...place }: Place, time: number, output: string): Promise<Outcome> {
  const own = join(folder, 'zimage-transformer-wide-bf16');
  const { weights, config } = await openPart(own, 'transformer');
  const tensor = await tensorsOf(join(own, 'case.safetensors'));
  const network = new ZImageTransformer(weights, config, await settingsFor(place, config));
  try {
    const caption = await network.prepareCaption(await tensor('cap_feats.0'));
    const { data } = await network.velocity(await tensor('latents'), 1 - time, [caption]);
    // The reference is what the network gives, the negative of the velocity.
    return { actual: data, expected: (await tensor(output)).data.map((value) => -value) };
  } finally {
    await network.dispose();
  }
}

async function encoderCase({ folder, ...place }: Place, name: 'single' | 'long'): Promise<Outcome> {
  const own = join(folder, 'qwen3-tiny');
  const { weights, config } = await openPart(own, 'text-encoder');
  const tensor = await tensorsOf(join(own, 'cases.safetensors'));
  const network = new Qwen3TextEncoder(
    weights,
    config,
    await settingsFor(place, { ...config, causal: true }),
  );
  try {
    const { data } = await network.encode([...(await tensor(`${name}.input_ids`)).data]);
    const expected = await tensor(`${name}.hidden_states.${name === 'single' ? '2' : '-2'}`);
    return { actual: data, expected: expected.data };
  } finally {
    await network.dispose();
  }
}

const decoderCase = (place: Place, name: string): Promise<Outcome> =>
  vaeCase(place, async (vae, tensor) => {
    const latent = await tensor(`${name}.latent`);
    const { data } = await vae.decode(latent, wholePlan(vae, latent, 1));
    return { actual: data, expected: (await tensor(`${name}.image`)).data };
  });

const encodingCase = (place: Place, name: string): Promise<Outcome> =>
  vaeCase(place, async (vae, tensor) => {
    const image = await tensor(`${name}.image`);
    const { mean } = await vae.encode(image, wholePlan(vae, image, vae.scale));
    const moments = (await tensor(`${name}.moments`)).data;
    return { actual: mean.data, expected: moments.slice(0, moments.length / 2) };
  });

async function vaeCase(
  { folder, ...place }: Place,
  work: (vae: AutoencoderKL, tensor: ReadTensor) => Promise<Outcome>,
): Promise<Outcome> {
  const own = join(folder, 'vae-tiny');
  const { weights, config } = await openPart(own, 'vae');
  const headDim = config.blockOutChannels.at(-1) ?? 0;
  // Its attention is in float32 whatever the rest is in.
  const settings = await settingsFor(place, { heads: 1, headDim, compute: 'float32' });
  const vae = new AutoencoderKL(weights, config, settings);
  try {
    return await work(vae, await tensorsOf(join(own, 'cases.safetensors')));
  } finally {
    await vae.dispose();
  }
}

const wholePlan = (vae: AutoencoderKL, { dims: [, , height = 0, width = 0] }: Tensor, per: number) =>
  vae.plan({
    height: height / per,
    width: width / per,
    mode: 'whole',
    tile: 0,
    overlap: 0,
    budgetBytes: Number.POSITIVE_INFINITY,
  });

/** More than any of the cases has. */
const TOKENS = 1024;

const settingsFor = async (
  { provider, compute }: Omit<Place, 'folder'>,
  attention: Pick<AttentionNeed, 'heads' | 'headDim' | 'causal' | 'compute'>,
) => ({
  provider,
  compute,
  weights: 'packed' as const,
  attention: await attentionFor(provider, { compute, ...attention, tokens: TOKENS }),
});

type ReadTensor = (name: string) => Promise<Tensor>;

async function tensorsOf(path: string): Promise<ReadTensor> {
  const { tensors } = await readSafetensors(path);
  return async (name) => {
    const source = tensors.get(name);
    if (!source) throw new Error(`${path} has no tensor ${name}.`);
    return { dims: source.shape, data: await readTensor(source) };
  };
}
