import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../nodes/core/tensor.ts';
import { AutoencoderKL } from '../../nodes/inference/autoencoder-kl/autoencoder-kl.ts';
import { fromModelSpace, toModelSpace } from '../../nodes/inference/autoencoder-kl/latent-scaling.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { drawNoise } from '../../nodes/inference/sampling/noise.ts';
import { buildPlan, runPlan } from '../../nodes/inference/sampling/plan.ts';
import { computeSigmas } from '../../nodes/inference/sampling/schedules.ts';
import { TorchCpuGenerator } from '../../nodes/inference/sampling/torch-random.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { goldenJson, loadGolden, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';

interface Run {
  readonly seed: number;
  readonly steps: number;
  readonly H: number;
  readonly W: number;
  readonly guidance_scale: number;
  readonly negative?: string;
  readonly cfg_normalization?: number;
  readonly cfg_truncation?: number;
  readonly sigmas?: readonly number[];
}

const TOLERANCE = 1e-3;
const settings = { provider: 'cpu', weights: 'packed', attention: { kind: 'fused' } } as const;

describe('the whole pipeline equals diffusers', () => {
  let golden: Map<string, Tensor>;
  let transformer: ZImageTransformer;
  let autoencoder: AutoencoderKL;
  beforeAll(async () => {
    golden = await loadGolden('e2e-pipeline-tiny/cases.safetensors');
    const network = await openPart(goldenPath('zimage-transformer-tiny'), 'transformer');
    transformer = new ZImageTransformer(network.weights, network.config, settings);
    const vae = await openPart(goldenPath('vae-tiny'), 'vae');
    autoencoder = new AutoencoderKL(vae.weights, vae.config, settings);
  });
  afterAll(async () => {
    await transformer.dispose();
    await autoencoder.dispose();
  });

  /** Samples with the tiny transformer; gives the clean predictions' latents after every step as well. */
  async function sample(
    dims: readonly number[],
    sigmas: readonly number[],
    noise: Float32Array,
    run: Partial<Run> & { latent?: Float32Array },
  ) {
    const positive = await transformer.prepareCaption(pick(golden, 'prompt.embeds'));
    const negative = await transformer.prepareCaption(pick(golden, 'negative.embeds'));
    const plan = buildPlan({
      sampler: { name: 'euler' },
      sigmas,
      seed: 0n,
      shift: 3,
      guidance: 1 + (run.guidance_scale ?? 0),
      guidanceTruncation: run.cfg_truncation ?? 1,
    });
    const inputs: Float32Array[] = [];
    const latents = await runPlan(plan, {
      dims,
      noise,
      latent: run.latent ?? new Float32Array(noise.length),
      guidanceNormalization: run.cfg_normalization ?? 0,
      signal: new AbortController().signal,
      onStep: () => undefined,
      velocity: async (x, sigma, _step, branch) => {
        if (branch === 'positive') inputs.push(x);
        const caption = branch === 'positive' ? positive : negative;
        return (await transformer.velocity(tensor(dims, x), sigma, [caption])).data;
      },
    });
    return { latents, trajectory: [...inputs.slice(1), latents] };
  }

  const { runs } = goldenJson<{ runs: Record<string, Run> }>('e2e-pipeline-tiny/cases.json');
  it.each(Object.entries(runs))('%s', async (name, run) => {
    const dims = [1, 16, run.H / 8, run.W / 8];
    const noise = drawNoise({ generator: 'cpu', seeds: [BigInt(run.seed)] }, dims);
    expect(maxDifference(noise.data, pick(golden, `${name}.noise`).data)).toBeLessThan(5e-6);
    const reference = [...pick(golden, `${name}.sigmas`).data];
    const sigmas = run.sigmas
      ? reference
      : computeSigmas({ schedule: 'zimage', steps: run.steps, shift: 3, denoise: 1 });
    expect(maxDifference(Float32Array.from(sigmas), Float32Array.from(reference))).toBeLessThan(1e-6);

    const { latents, trajectory } = await sample(dims, sigmas, noise.data, run);
    const expected = pick(golden, `${name}.trajectory`).data;
    for (const [i, x] of trajectory.entries())
      expect(maxDifference(x, expected.subarray(i * x.length, (i + 1) * x.length))).toBeLessThan(TOLERANCE);
    expect(maxDifference(latents, pick(golden, `${name}.latents`).data)).toBeLessThan(TOLERANCE);

    const plan = autoencoder.plan({
      height: run.H / 8,
      width: run.W / 8,
      mode: 'whole',
      tile: 0,
      overlap: 0,
      budgetBytes: 2 ** 34,
    });
    const decoded = await autoencoder.decode(fromModelSpace(tensor(dims, latents), autoencoder.config), plan);
    const whole = golden.get(`${name}.image`);
    const picture = whole ? decoded : everyFourth(decoded);
    expect(maxDifference(picture.data, (whole ?? pick(golden, `${name}.image.every4th`)).data)).toBeLessThan(
      TOLERANCE,
    );
  });

  it('image to image', async () => {
    const reference = await loadGolden('e2e-pipeline-tiny/img2img.safetensors');
    const [, rows = 0, columns = 0] = pick(reference, 'image_u8_chw_every4th').dims;
    const coarse = pick(reference, 'image_u8_chw_every4th').data;
    const [height, width] = [rows * 4, columns * 4];
    const image = tensor([1, 3, height, width]);
    for (let i = 0; i < image.data.length; i++) {
      const [c, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
      image.data[i] = (coarse[(c * rows + (y >> 2)) * columns + (x >> 2)]! / 255) * 2 - 1;
    }
    const dims = [1, 16, height / 8, width / 8];
    const plan = autoencoder.plan({
      height: height / 8,
      width: width / 8,
      mode: 'whole',
      tile: 0,
      overlap: 0,
      budgetBytes: 2 ** 34,
    });
    const { mean, logvar } = await autoencoder.encode(image, plan);
    expect(maxDifference(mean.data, pick(reference, 'posterior.mean').data)).toBeLessThan(1e-4);
    // The pipeline draws the posterior's sample first and the noise second from one generator.
    const generator = new TorchCpuGenerator(5n);
    const eps = generator.randn(dims).data;
    const drawn = mean.data.map((value, i) => value + Math.exp(logvar.data[i]! / 2) * eps[i]!);
    const latent = toModelSpace(tensor(dims, drawn), autoencoder.config).data;
    expect(maxDifference(latent, pick(reference, 'image_latents').data)).toBeLessThan(TOLERANCE);
    const noise = generator.randn(dims).data;
    expect(maxDifference(noise, pick(reference, 'noise').data)).toBeLessThan(5e-6);
    const sigmas = [...pick(reference, 'sigmas').data].slice(3);
    const { latents } = await sample(dims, sigmas, noise, { latent });
    expect(maxDifference(latents, pick(reference, 'latents').data)).toBeLessThan(TOLERANCE);
  });
});

function everyFourth({ dims, data }: Tensor): Tensor {
  const [, , height = 0, width = 0] = dims;
  const kept = data.filter((_, i) => (i % width) % 4 === 0 && (Math.floor(i / width) % height) % 4 === 0);
  return tensor([1, 3, height / 4, width / 4], kept);
}
