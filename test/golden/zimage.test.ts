import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { goldenJson, loadGolden, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';
import { testProviders } from '../support/webgpu.ts';

interface Case {
  readonly file: string;
  readonly timesteps_t: readonly number[];
  readonly caption_lengths: readonly number[];
}

const TOLERANCE = 1e-4;

describe.each(testProviders)('zimage transformer on %s', (provider) => {
  const open = async (folder: string) => {
    const { weights, config } = await openPart(goldenPath(folder), 'transformer');
    return new ZImageTransformer(weights, config, {
      provider,
      weights: 'packed',
      attention: provider === 'webgpu' ? { kind: 'primitive', chunks: 1 } : { kind: 'fused' },
      forbidCpuFallback: provider === 'webgpu',
    });
  };

  describe('tiny', () => {
    let model: ZImageTransformer;
    beforeAll(async () => {
      model = await open('zimage-transformer-tiny');
    });
    afterAll(() => model.dispose());

    const { cases } = goldenJson<{ cases: Record<string, Case> }>('zimage-transformer-tiny/cases.json');
    for (const [name, { file, timesteps_t, caption_lengths }] of Object.entries(cases))
      it(`equals diffusers for ${name}`, async () => {
        const golden = await loadGolden(`zimage-transformer-tiny/${file}`);
        const captions = [];
        for (const i of caption_lengths.keys())
          captions.push(await model.prepareCaption(pick(golden, `cap_feats.${i}`)));
        for (const [j, t] of timesteps_t.entries()) {
          const velocity = await model.velocity(pick(golden, 'latents'), 1 - t, captions);
          const expected = pick(golden, `output.${j}`).data.map((value) => -value);
          expect(maxDifference(velocity.data, expected)).toBeLessThan(TOLERANCE);
        }
      });
  });

  it('equals diffusers with weights that stay in their file', async () => {
    const { weights, config } = await openPart(goldenPath('zimage-transformer-wide-bf16'), 'transformer');
    const attention =
      provider === 'webgpu' ? ({ kind: 'primitive', chunks: 2 } as const) : ({ kind: 'fused' } as const);
    const model = new ZImageTransformer(weights, config, { provider, weights: 'mapped', attention });
    const golden = await loadGolden('zimage-transformer-wide-bf16/case.safetensors');
    const caption = await model.prepareCaption(pick(golden, 'cap_feats.0'));
    const velocity = await model.velocity(pick(golden, 'latents'), 1, [caption]);
    const expected = pick(golden, 'output.0').data.map((value) => -value);
    expect(maxDifference(velocity.data, expected)).toBeLessThan(TOLERANCE);
    await model.dispose();
  });

  it('equals diffusers with bf16 weights, odd widths and no refiners', async () => {
    const model = await open('zimage-transformer-wide-bf16');
    const golden = await loadGolden('zimage-transformer-wide-bf16/case.safetensors');
    const { timesteps_t } = goldenJson<Case>('zimage-transformer-wide-bf16/cases.json');
    const caption = await model.prepareCaption(pick(golden, 'cap_feats.0'));
    for (const [j, t] of timesteps_t.entries()) {
      const velocity = await model.velocity(pick(golden, 'latents'), 1 - t, [caption]);
      const expected = pick(golden, `output.${j}`).data.map((value) => -value);
      expect(maxDifference(velocity.data, expected)).toBeLessThan(TOLERANCE);
    }
    await model.dispose();
  });
});
