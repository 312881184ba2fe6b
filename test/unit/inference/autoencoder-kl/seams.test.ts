import { afterAll, expect, test } from 'vitest';
import { type Tensor, tensor } from '../../../../nodes/core/tensor.ts';
import type { TilingMode } from '../../../../nodes/execution/services.ts';
import { AutoencoderKL } from '../../../../nodes/inference/autoencoder-kl/autoencoder-kl.ts';
import { fromModelSpace } from '../../../../nodes/inference/autoencoder-kl/latent-scaling.ts';
import { openPart } from '../../../../nodes/inference/checkpoints/model-folder.ts';
import { nanoPath } from '../../../support/fixture-paths.ts';
import { loadTensors, pick } from '../../../support/golden.ts';

const SIDE = 64;
const CHANNELS = 16;
const PIXELS = SIDE * 8;
/** Pixels along a seam that are averaged, and across it that are compared. */
const STRIP = 16;
const REACH = 8;

const { weights, config } = await openPart(nanoPath('vae'), 'vae');
const vae = new AutoencoderKL(weights, config, {
  provider: 'cpu',
  weights: 'packed',
  attention: { kind: 'fused' },
});
afterAll(() => vae.dispose());

/** Sixteen pictures of the embedded model side by side. */
async function mosaic(): Promise<Tensor> {
  const path = new URL('../../../fixtures/nano/reference.safetensors', import.meta.url).pathname;
  const reference = await loadTensors(path);
  const pictures = [0, 1, 2].map((i) => pick(reference, `p${i}.latents`).data.slice(-CHANNELS * 256));
  const latent = tensor([1, CHANNELS, SIDE, SIDE]);
  for (let i = 0; i < latent.data.length; i++) {
    const [x, y, channel] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE / SIDE)];
    const picture = pictures[(Math.floor(y / 16) * 4 + Math.floor(x / 16) * 5) % 3]!;
    latent.data[i] = picture[(channel * 16 + (y % 16)) * 16 + (x % 16)]!;
  }
  return fromModelSpace(latent, config);
}

const decode = async (
  latent: Tensor,
  mode: TilingMode,
  tile: number,
  overlap: number,
  budgetBytes = 1e12,
) => {
  const plan = vae.plan({ height: SIDE, width: SIDE, mode, tile, overlap, budgetBytes });
  return { tiles: plan.tiles, data: (await vae.decode(latent, plan)).data };
};

/**
 * How much the difference to the picture decoded at once changes within a few pixels, in 255ths, where that picture is
 * flat: at edges nobody sees it.
 */
function seam(tiled: Float32Array, whole: Float32Array): number {
  let worst = 0;
  const level = (value: number) => Math.min(1, Math.max(-1, value)) * 127.5;
  for (let plane = 0; plane < 3; plane++)
    for (const [alongStep, acrossStep] of [
      [PIXELS, 1],
      [1, PIXELS],
    ] as const)
      for (let from = 0; from < PIXELS; from += STRIP) {
        const lines = Array.from({ length: PIXELS }, (_, across) => {
          const line = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, difference: 0 };
          for (let along = from; along < from + STRIP; along++) {
            const i = plane * PIXELS * PIXELS + along * alongStep + across * acrossStep;
            const expected = level(whole[i]!);
            line.low = Math.min(line.low, expected);
            line.high = Math.max(line.high, expected);
            line.difference += (level(tiled[i]!) - expected) / STRIP;
          }
          return line;
        });
        for (let at = 4; at + REACH + 4 < PIXELS; at++) {
          const near = lines.slice(at - 4, at + REACH + 4);
          const isFlat =
            Math.max(...near.map(({ high }) => high)) - Math.min(...near.map(({ low }) => low)) < 6;
          if (isFlat)
            worst = Math.max(worst, Math.abs(lines[at + REACH]!.difference - lines[at]!.difference));
        }
      }
  return worst;
}

test('tiles chosen by memory have no visible seams; tiles that share nothing do', async () => {
  const latent = await mosaic();
  const whole = await decode(latent, 'whole', 0, 0);
  const halves = vae.plan({ height: 38, width: 38, mode: 'whole', tile: 0, overlap: 0, budgetBytes: 0 });
  const auto = await decode(latent, 'auto', 0, 0, halves.peakBytes);
  expect(auto.tiles).toBe(4);
  expect(seam(auto.data, whole.data)).toBeLessThan(1);
  const apart = await decode(latent, 'auto', 32, 0);
  expect(apart.tiles).toBe(4);
  expect(seam(apart.data, whole.data)).toBeGreaterThan(3);
});
