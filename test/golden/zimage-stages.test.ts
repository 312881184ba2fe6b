import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../nodes/core/tensor.ts';
import type { ZImageConfig } from '../../nodes/inference/checkpoints/configs.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import type { Weights } from '../../nodes/inference/checkpoints/weights.ts';
import { patchCount, patchify, unpatchifyNegated } from '../../nodes/inference/zimage/patches.ts';
import { captionPositions, imagePositions, paddedLength } from '../../nodes/inference/zimage/positions.ts';
import { ropeTables } from '../../nodes/inference/zimage/rope.ts';
import { timeFeatures } from '../../nodes/inference/zimage/time-features.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { loadGolden, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';
import { testProviders } from '../support/webgpu.ts';

const folder = 'zimage-transformer-tiny';
/** The case whose every stage was recorded: 16×16 latent, 21 caption tokens, t = 0.3. */
const size = { channels: 16, height: 16, width: 16 };
const time = 0.3;
const captionLength = paddedLength(21);

let weights: Weights;
let config: ZImageConfig;
let stages: Map<string, Tensor>;
let inputs: Map<string, Tensor>;
beforeAll(async () => {
  ({ weights, config } = await openPart(goldenPath(folder), 'transformer'));
  stages = await loadGolden(`${folder}/intermediates-square-16x16-cap21-t0.3.safetensors`);
  inputs = await loadGolden(`${folder}/square-16x16-cap21.safetensors`);
});

describe('the stages before the network equal diffusers', () => {
  it('time features', () => {
    const { dims, data } = timeFeatures(time, config.timeScale);
    const expected = pick(stages, 't_embedder.sinusoid');
    expect(dims).toEqual(expected.dims);
    // Angles reach 300, where float32 resolves 3e-5.
    expect(maxDifference(data, expected.data)).toBeLessThan(3e-5);
  });

  it('patches', () => {
    const expected = pick(stages, 'patchify.tokens').data;
    const patches = new Float32Array(expected.length);
    patchify(pick(inputs, 'latents').data, size, patches, 0);
    expect(patches).toEqual(expected);
  });

  it('and back again, negated', () => {
    const tokens = patchCount(size) * size.channels * 4;
    const latent = pick(inputs, 'latents').data;
    const patches = new Float32Array(tokens + 5);
    patchify(latent, size, patches, 5);
    const back = new Float32Array(latent.length);
    unpatchifyNegated(patches, 5, size, back);
    expect(back).toEqual(latent.map((value) => -value));
  });

  it.each([
    { name: '10x14-cap50', rows: 5, columns: 7, caption: 50 },
    { name: '24x16-cap40', rows: 12, columns: 8, caption: 40 },
  ])('positions and padding of $name', async ({ name, rows, columns, caption }) => {
    const golden = await loadGolden(`${folder}/position-ids.safetensors`);
    const length = paddedLength(caption);
    expect(imagePositions(rows, columns, length).flat()).toEqual([
      ...pick(golden, `${name}.pos_ids.image`).data,
    ]);
    // The reference lists more rows for the caption than it keeps.
    const ofCaption = pick(golden, `${name}.pos_ids.caption`).data.subarray(0, length * 3);
    expect(captionPositions(length).flat()).toEqual([...ofCaption]);

    for (const [part, tokens] of [
      ['image', rows * columns],
      ['caption', caption],
    ] as const) {
      const mask = pick(golden, `${name}.pad_mask.${part}`).data;
      expect(mask).toHaveLength(paddedLength(tokens));
      expect(mask.indexOf(1) < 0 ? mask.length : mask.indexOf(1)).toBe(tokens);
    }
  });

  it('rotary tables', () => {
    const { axesDims, ropeTheta } = config;
    const image = ropeTables(imagePositions(8, 8, captionLength), axesDims, ropeTheta);
    const caption = ropeTables(captionPositions(captionLength), axesDims, ropeTheta);
    for (const table of ['cos', 'sin'] as const) {
      const expected = pick(stages, `rope.image.${table}`);
      expect(image[table].dims).toEqual(expected.dims);
      expect(maxDifference(image[table].data, expected.data)).toBeLessThan(1e-6);
      const kept = pick(stages, `rope.caption.${table}`).data.subarray(0, caption[table].data.length);
      expect(maxDifference(caption[table].data, kept)).toBeLessThan(1e-6);
    }
  });
});

describe.each(testProviders)('the caption on %s', (provider) => {
  it('leaves the refiner as in diffusers', async () => {
    const model = new ZImageTransformer(weights, config, {
      provider,
      weights: 'packed',
      attention: provider === 'webgpu' ? { kind: 'primitive', chunks: 2 } : { kind: 'fused' },
      forbidCpuFallback: provider === 'webgpu',
    });
    const { refined } = await model.prepareCaption(pick(inputs, 'cap_feats.0'));
    const expected = pick(stages, 'context_refiner.1.out');
    expect(refined.dims).toEqual(expected.dims);
    expect(maxDifference(refined.data, expected.data)).toBeLessThan(2e-5);
    await model.dispose();
  });
});
