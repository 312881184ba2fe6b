import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../nodes/core/tensor.ts';
import type { TilingMode } from '../../nodes/execution/services.ts';
import { AutoencoderKL } from '../../nodes/inference/autoencoder-kl/autoencoder-kl.ts';
import { fromModelSpace } from '../../nodes/inference/autoencoder-kl/latent-scaling.ts';
import { toImage } from '../../nodes/inference/autoencoder-kl/pixel-range.ts';
import { comfyuiPass } from '../../nodes/inference/autoencoder-kl/tiling/plan.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { toBytes } from '../../nodes/inference/images/pixel-bytes.ts';
import { goldenPath, nanoPath } from '../support/fixture-paths.ts';
import { loadGolden, loadTensors, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';
import { testProviders } from '../support/webgpu.ts';

const TOLERANCE = 1e-4;
const cases = await loadGolden('vae-tiny/cases.safetensors');
const tiled = await loadGolden('vae-tiny/tiled.safetensors');

/** Every n-th row and column, the form in which large reference pictures are stored. */
function everyNth({ dims, data }: Tensor, n: number): Float32Array {
  const [planes, height, width] = [dims[0]! * dims[1]!, dims[2]!, dims[3]!];
  const kept: number[] = [];
  for (let plane = 0; plane < planes; plane++)
    for (let y = 0; y < height; y += n)
      for (let x = 0; x < width; x += n) kept.push(data[(plane * height + y) * width + x]!);
  return Float32Array.from(kept);
}

describe.each(testProviders)('autoencoder on %s', { timeout: 300_000 }, (provider) => {
  const open = async (path: string) => {
    const { weights, config } = await openPart(path, 'vae');
    return new AutoencoderKL(weights, config, {
      provider,
      weights: 'packed',
      attention: provider === 'webgpu' ? { kind: 'primitive', chunks: 1 } : { kind: 'fused' },
      forbidCpuFallback: provider === 'webgpu',
    });
  };
  const plan = (vae: AutoencoderKL, size: Tensor, per: number, mode: TilingMode, tile = 0, overlap = 0) =>
    vae.plan({
      height: size.dims[2]! / per,
      width: size.dims[3]! / per,
      mode,
      tile,
      overlap,
      budgetBytes: Number.POSITIVE_INFINITY,
    });
  let vae: AutoencoderKL;
  beforeAll(async () => {
    vae = await open(goldenPath('vae-tiny'));
  });
  afterAll(() => vae.dispose());

  const decode = (latent: Tensor, mode: TilingMode, tile = 0, overlap = 0) =>
    vae.decode(latent, plan(vae, latent, 1, mode, tile, overlap));
  const encode = (image: Tensor, mode: TilingMode, tile = 0, overlap = 0) =>
    vae.encode(image, plan(vae, image, 8, mode, tile, overlap));

  it.each(['decode16x16', 'decode12x20', 'decode6x6'])('%s', async (name) => {
    const image = await decode(pick(cases, `${name}.latent`), 'whole');
    expect(image.dims).toEqual(pick(cases, `${name}.image`).dims);
    expect(maxDifference(image.data, pick(cases, `${name}.image`).data)).toBeLessThan(TOLERANCE);
  });

  it('a batch gives what each image alone gives', async () => {
    const latent = pick(cases, 'decode6x6.latent');
    const negated = latent.data.map((value) => -value);
    const both = tensor([2, 16, 6, 6], Float32Array.of(...latent.data, ...negated));
    const image = await decode(both, 'whole');
    const second = await decode(tensor([1, 16, 6, 6], negated), 'whole');
    expect(image.dims).toEqual([2, 3, 48, 48]);
    const half = image.data.length / 2;
    const first = pick(cases, 'decode6x6.image');
    expect(maxDifference(image.data.slice(0, half), first.data)).toBeLessThan(TOLERANCE);
    expect(maxDifference(image.data.slice(half), second.data)).toBe(0);
  });

  it.each(['encode64x64', 'encode72x104'])('%s', async (name) => {
    const { mean, logvar } = await encode(pick(cases, `${name}.image`), 'whole');
    const moments = pick(cases, `${name}.moments`).data;
    expect(maxDifference(mean.data, moments.slice(0, moments.length / 2))).toBeLessThan(TOLERANCE);
    const clamped = moments.slice(moments.length / 2).map((value) => Math.min(20, Math.max(-30, value)));
    expect(maxDifference(logvar.data, clamped)).toBeLessThan(TOLERANCE);
    if (name !== 'encode64x64') return;
    expect(maxDifference(mean.data, pick(cases, `${name}.mean`).data)).toBeLessThan(TOLERANCE);
    expect(maxDifference(logvar.data, pick(cases, `${name}.logvar`).data)).toBeLessThan(TOLERANCE);
    const std = logvar.data.map((value) => Math.exp(value / 2));
    expect(maxDifference(std, pick(cases, `${name}.std`).data)).toBeLessThan(TOLERANCE);
  });

  it('pipeline8x8: model space, decoder, bytes', async () => {
    const latent = fromModelSpace(pick(cases, 'pipeline8x8.latent_model_space'), vae.config);
    expect(maxDifference(latent.data, pick(cases, 'pipeline8x8.latent_vae_space').data)).toBeLessThan(1e-5);
    const image = await decode(latent, 'whole');
    expect(maxDifference(image.data, pick(cases, 'pipeline8x8.image').data)).toBeLessThan(TOLERANCE);
    // From the reference's own floats every byte must agree; from ours a value next to a half may fall to the other side.
    const expected = pick(cases, 'pipeline8x8.image_u8_hwc').data;
    const reference = toBytes(toImage(pick(cases, 'pipeline8x8.image')).pixels.data);
    expect([...reference]).toEqual([...expected]);
    expect(
      maxDifference(Float32Array.from(toBytes(toImage(image).pixels.data)), expected),
    ).toBeLessThanOrEqual(1);
  });

  it('nano decodes its own reference latents', async () => {
    const nano = await open(nanoPath('vae'));
    const reference = await loadTensors(
      new URL('../fixtures/nano/reference.safetensors', import.meta.url).pathname,
    );
    for (const i of provider === 'webgpu' ? [0] : [0, 1, 2]) {
      const steps = pick(reference, `p${i}.latents`);
      const last = tensor([1, 16, 16, 16], steps.data.slice(-16 * 16 * 16));
      const latent = fromModelSpace(last, nano.config);
      const image = await nano.decode(latent, plan(nano, latent, 1, 'whole'));
      expect(maxDifference(image.data, pick(reference, `p${i}.image`).data)).toBeLessThan(1e-3);
    }
    await nano.dispose();
  });

  // Cutting up and blending happens on the host, whatever the network runs on.
  describe.runIf(provider === 'cpu')('in tiles', () => {
    it.each(['28x20', '48x48'])('%s at once and in diffusers’ tiles', async (name) => {
      const latent = pick(tiled, `${name}.latent`);
      const stored = [...tiled.keys()].filter(
        (key) => key.startsWith(`${name}.`) && /full|diffusers/.test(key),
      );
      expect(stored).toHaveLength(2);
      for (const key of stored) {
        const image = key.includes('diffusers')
          ? await decode(latent, 'diffusers', 16)
          : await decode(latent, 'whole');
        const nth = Number(/every(\d)/.exec(key)?.[1]);
        expect(maxDifference(everyNth(image, nth), pick(tiled, key).data), key).toBeLessThan(TOLERANCE);
      }
    });

    it('28x20 and 48x48 in ComfyUI’s three passes', async () => {
      const small = await decode(pick(tiled, '28x20.latent'), 'comfyui', 16, 4);
      expect(maxDifference(small.data, pick(tiled, '28x20.comfy_decode_tiled').data)).toBeLessThan(TOLERANCE);
      const large = await decode(pick(tiled, '48x48.latent'), 'comfyui', 16, 4);
      const expected = pick(tiled, '48x48.comfy_decode_tiled.every4th');
      expect(maxDifference(everyNth(large, 4), expected.data)).toBeLessThan(TOLERANCE);
    });

    it('28x20 in one pass of ComfyUI’s tiled_scale', async () => {
      const latent = pick(tiled, '28x20.latent');
      const one = plan(vae, latent, 1, 'comfyui', 16, 4);
      const passes = [comfyuiPass({ height: 28, width: 20 }, 12, 16, 4)];
      const image = await vae.decode(latent, { ...one, kind: { kind: 'passes', passes } });
      const expected = pick(tiled, '28x20.comfy_tiled_scale_x16_y12_o4.every2nd');
      expect(maxDifference(everyNth(image, 2), expected.data)).toBeLessThan(TOLERANCE);
    });

    it('encode168x136 at once, in diffusers’ tiles and in ComfyUI’s passes', async () => {
      const image = pick(tiled, 'encode168x136.image');
      const half = (name: string) => {
        const { data } = pick(tiled, `encode168x136.${name}`);
        return [data.slice(0, data.length / 2), data.slice(data.length / 2)] as const;
      };
      for (const [mode, name] of [
        ['whole', 'full.moments'],
        ['diffusers', 'diffusers_tiled.moments'],
      ] as const) {
        const { mean, logvar } = await encode(image, mode, 16);
        expect(maxDifference(mean.data, half(name)[0]), name).toBeLessThan(TOLERANCE);
        expect(maxDifference(logvar.data, half(name)[1]), name).toBeLessThan(TOLERANCE);
      }
      const { mean } = await encode(image, 'comfyui', 16, 4);
      expect(maxDifference(mean.data, pick(tiled, 'encode168x136.comfy_tiled.mean').data)).toBeLessThan(
        TOLERANCE,
      );
    });
  });
});
