import { expect, test } from 'vitest';
import { qwen3With4B, zimageTurbo } from '../../../../nodes/inference/checkpoints/configs.ts';
import { qwen3Weights } from '../../../../nodes/inference/checkpoints/qwen3-names.ts';
import { vaeWeights } from '../../../../nodes/inference/checkpoints/vae-names.ts';
import { zimageWeights } from '../../../../nodes/inference/checkpoints/zimage-names.ts';

// Parameter counts of the published models, from the golden data's table.

const parameters = (shapes: ReadonlyMap<string, readonly number[]>, prefix = ''): number =>
  [...shapes]
    .filter(([name]) => name.startsWith(prefix))
    .reduce((sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1), 0);

test('Z-Image-Turbo', () => {
  const { required } = zimageWeights(zimageTurbo);
  expect(parameters(required)).toBe(6_154_908_736);
  expect(parameters(required, 'layers.7.')).toBe(180_910_336);
  expect(parameters(required, 'context_refiner.0.')).toBe(176_962_816);
  expect(parameters(required, 't_embedder.')).toBe(525_568);
  expect(parameters(required, 'cap_embedder.')).toBe(9_836_800);
  expect(parameters(required, 'all_x_embedder.')).toBe(249_600);
  expect(parameters(required, 'all_final_layer.')).toBe(1_232_704);
});

test('Qwen3-4B without what hidden_states[-2] does not need', () => {
  const { required, unneeded } = qwen3Weights(qwen3With4B);
  expect(parameters(required)).toBe(3_921_534_720);
  expect(unneeded('model.layers.35.mlp.up_proj.weight')).toBe(true);
  expect(unneeded('model.layers.34.mlp.up_proj.weight')).toBe(false);
});

test('Flux VAE', () => {
  const { required } = vaeWeights({
    imageChannels: 3,
    latentChannels: 16,
    blockOutChannels: [128, 256, 512, 512],
    layersPerBlock: 2,
    normGroups: 32,
    scalingFactor: 0.3611,
    shiftFactor: 0.1159,
    hasEncoder: true,
  });
  expect(parameters(required, 'encoder.')).toBe(34_274_208);
  expect(parameters(required, 'decoder.')).toBe(49_545_475);
});
