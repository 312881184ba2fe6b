import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectPart } from '../../../../nodes/inference/checkpoints/layouts.ts';
import { openPart } from '../../../../nodes/inference/checkpoints/model-folder.ts';
import { readSafetensors, readTensor } from '../../../../nodes/inference/checkpoints/safetensors.ts';
import type { Weights } from '../../../../nodes/inference/checkpoints/weights.ts';
import {
  type PlainTensor,
  readAll,
  vaeInLdmNames,
  writeCopy,
  zimageInComfyNames,
} from '../../../support/checkpoint-copies.ts';
import { goldenPath, nanoPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const named = (...names: string[]) => new Map(names.map((name) => [name, null]));

/** Every canonical weight reads as the tensor of that name in the diffusers file. */
async function expectSameNumbers(
  weights: Weights,
  reference: ReadonlyMap<string, PlainTensor>,
): Promise<void> {
  expect([...weights.keys()].sort()).toEqual([...reference.keys()].sort());
  for (const [name, source] of weights) {
    const { shape, values } = reference.get(name)!;
    expect(source.shape, name).toEqual(shape);
    expect(Buffer.from((await readTensor(source)).buffer).equals(Buffer.from(values.buffer)), name).toBe(
      true,
    );
  }
}

const transformers = [
  goldenPath('zimage-transformer-tiny'),
  goldenPath('zimage-transformer-wide-bf16'),
  nanoPath('transformer'),
];
const vaes = [goldenPath('vae-tiny'), nanoPath('vae')];
const weightsFile = 'diffusion_pytorch_model.safetensors';

describe('Z-Image transformers', () => {
  test.each(transformers)('diffusers layout: %s', async (folder) => {
    const opened = await openPart(folder, 'transformer');
    expect(opened).toMatchObject({ part: 'transformer', layout: 'zimage/diffusers', unusedKeys: [] });
    await expectSameNumbers(opened.weights, await readAll(join(folder, weightsFile)));
  });

  test.each(transformers)('ComfyUI layout: %s', async (folder) => {
    const reference = await readAll(join(folder, weightsFile));
    for (const prefix of ['', 'model.diffusion_model.', 'diffusion_model.']) {
      const target = await tempFolder();
      await writeCopy(join(target, 'any-name.safetensors'), zimageInComfyNames(reference, prefix));
      // The golden copy of the settings, so that models of unusual head sizes open as well.
      await copyFile(join(folder, 'config.json'), join(target, 'config.json'));
      const opened = await openPart(join(target, 'any-name.safetensors'), 'transformer');
      expect(opened).toMatchObject({ layout: 'zimage/comfyui', unusedKeys: [] });
      expect(opened.config).toEqual((await openPart(folder, 'transformer')).config);
      await expectSameNumbers(opened.weights, reference);
    }
  });

  test('the copy has exactly the names and shapes ComfyUI reads', async () => {
    const expected: { keys: Record<string, number[]> } = JSON.parse(
      await readFile(goldenPath('zimage-transformer-tiny/comfyui-checkpoint-keys.json'), 'utf8'),
    );
    const copy = zimageInComfyNames(await readAll(join(transformers[0]!, weightsFile)));
    expect(Object.fromEntries(copy.map(({ name, shape }) => [name, shape]))).toEqual(expected.keys);
  });

  test('the three projections are slices of one tensor in the file', async () => {
    const target = join(await tempFolder(), 'z.safetensors');
    await writeCopy(target, zimageInComfyNames(await readAll(join(transformers[0]!, weightsFile))));
    const fused = (await readSafetensors(target)).tensors.get('layers.1.attention.qkv.weight')!;
    const { weights } = await openPart(target, 'transformer');
    const slices = ['q', 'k', 'v'].map((letter) => weights.get(`layers.1.attention.to_${letter}.weight`)!);
    const third = fused.byteLength / 3;
    expect(slices.map(({ offset, byteLength }) => [offset - fused.offset, byteLength])).toEqual([
      [0, third],
      [third, third],
      [2 * third, third],
    ]);
  });
});

describe('autoencoders', () => {
  test.each(vaes)('diffusers layout: %s', async (folder) => {
    const opened = await openPart(folder, 'vae');
    expect(opened).toMatchObject({ part: 'vae', layout: 'autoencoder-kl/diffusers', unusedKeys: [] });
    await expectSameNumbers(opened.weights, await readAll(join(folder, weightsFile)));
  });

  test.each(vaes)('latent-diffusion layout: %s', async (folder) => {
    const reference = await readAll(join(folder, weightsFile));
    for (const prefix of ['', 'first_stage_model.', 'vae.']) {
      const target = await tempFolder();
      await writeCopy(join(target, 'ae.safetensors'), vaeInLdmNames(reference, prefix));
      await copyFile(join(folder, 'config.json'), join(target, 'config.json'));
      const opened = await openPart(join(target, 'ae.safetensors'), 'vae');
      expect(opened).toMatchObject({ layout: 'autoencoder-kl/ldm', unusedKeys: [] });
      await expectSameNumbers(opened.weights, reference);
    }
  });

  test('names of the Flux file', async () => {
    const copy = vaeInLdmNames(await readAll(join(vaes[0]!, weightsFile)));
    const names = new Map(copy.map(({ name, shape }) => [name, shape]));
    for (const name of [
      'decoder.up.0.block.0.nin_shortcut.weight',
      'decoder.up.3.upsample.conv.weight',
      'decoder.mid.attn_1.q.weight',
      'decoder.mid.attn_1.proj_out.bias',
      'encoder.down.2.downsample.conv.weight',
      'encoder.mid.block_2.norm1.weight',
      'encoder.norm_out.weight',
    ]) {
      expect(names.has(name), name).toBe(true);
    }
    expect(names.get('decoder.mid.attn_1.q.weight')).toEqual([32, 32, 1, 1]);
  });

  test('a decoder alone opens without encoder', async () => {
    const target = await tempFolder();
    const all = await readAll(join(vaes[0]!, weightsFile));
    await writeCopy(
      join(target, 'd.safetensors'),
      [...all.values()].filter(({ name }) => name.startsWith('decoder.')),
    );
    await copyFile(join(vaes[0]!, 'config.json'), join(target, 'config.json'));
    const { config, weights } = await openPart(join(target, 'd.safetensors'), 'vae');
    expect(config.hasEncoder).toBe(false);
    expect([...weights.keys()].every((name) => name.startsWith('decoder.'))).toBe(true);
  });
});

describe('text encoders', () => {
  const sources = [goldenPath('qwen3-tiny/model.safetensors'), nanoPath('text_encoder/model.safetensors')];
  test.each(sources)('under every known prefix: %s', async (source) => {
    const reference = await readAll(source);
    const used = [...reference].filter(([name]) => !/^model\.(norm|layers\.2)\./.test(name));
    for (const prefix of [
      'model.',
      '',
      'text_encoders.qwen3_4b.transformer.model.',
      'language_model.model.',
    ]) {
      const target = join(await tempFolder(), 't.safetensors');
      await writeCopy(
        target,
        [...reference.values()].map((tensor) => ({
          ...tensor,
          name: tensor.name.replace(/^model\./, prefix),
        })),
      );
      const opened = await openPart(target, 'text-encoder');
      expect(opened).toMatchObject({ layout: 'qwen3/transformers', unusedKeys: [] });
      // hidden_states[-2] needs neither the last layer nor the final norm.
      await expectSameNumbers(opened.weights, new Map(used));
    }
  });
});

describe('detection', () => {
  test('a checkpoint with all parts', () => {
    const detection = detectPart(
      named(
        'model.diffusion_model.x_embedder.weight',
        'model.diffusion_model.cap_embedder.1.weight',
        'model.diffusion_model.layers.0.attention.qkv.weight',
        'text_encoders.qwen3_4b.transformer.model.embed_tokens.weight',
        'text_encoders.qwen3_4b.transformer.model.layers.0.self_attn.q_norm.weight',
        'text_encoders.qwen3_4b.transformer.model.layers.0.mlp.gate_proj.weight',
        'vae.decoder.conv_in.weight',
        'vae.decoder.up.0.block.0.conv1.weight',
      ),
    );
    expect(detection).toMatchObject({
      kind: 'parts',
      parts: [
        { part: 'transformer', layout: 'zimage/comfyui', prefix: 'model.diffusion_model.' },
        { part: 'text-encoder', prefix: 'text_encoders.qwen3_4b.transformer.model.' },
        { part: 'vae', layout: 'autoencoder-kl/ldm', prefix: 'vae.' },
      ],
    });
  });

  test.each([
    'lokr-aitoolkit-full-bf16',
    'lokr-lycoris-underscore-lowrank',
    'lora-kohya-underscore-alpha',
    'lora-peft-transformer',
    'loha',
  ])('adapter %s', async (name) => {
    const { tensors } = await readSafetensors(goldenPath(`adapters-zimage-tiny/${name}.safetensors`));
    expect(detectPart(tensors)).toEqual({ kind: 'adapter' });
  });

  const strangers: [string[], RegExp][] = [
    [['double_blocks.0.img_attn.qkv.weight'], /Flux transformer/],
    [['model.diffusion_model.input_blocks.0.0.weight'], /Stable Diffusion UNet/],
    [['text_model.encoder.layers.0.mlp.fc1.weight'], /CLIP/],
    [['encoder.block.0.layer.0.SelfAttention.q.weight'], /T5/],
    [['model.embed_tokens.weight', 'model.layers.0.self_attn.q_proj.weight'], /other than Qwen3/],
    [['cap_embedder.1.weight'], /parts missing/],
    [['decoder.layers.1.conv.weight'], /autoencoder of another kind/],
    [
      ['one', 'two', 'three', 'four'],
      /4 tensors that belong to no model Kronode knows: "one", "two", "three" and 1 more/,
    ],
    [[], /no tensors/],
  ];
  test.each(strangers)('%j is told apart', (names, expected) => {
    expect(detectPart(named(...names))).toEqual({ kind: 'unknown', why: expect.stringMatching(expected) });
  });
});
