import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { openModelFolder, openPart } from '../../../../nodes/inference/checkpoints/model-folder.ts';
import {
  type PlainTensor,
  readAll,
  vaeInLdmNames,
  writeCopy,
  zimageInComfyNames,
} from '../../../support/checkpoint-copies.ts';
import { goldenPath, nanoPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const weightsFile = 'diffusion_pytorch_model.safetensors';

/** A copy of a part folder whose config.json has some settings replaced. */
async function withSettings(source: string, settings: object): Promise<string> {
  const folder = join(await tempFolder(), 'part');
  await cp(source, folder, { recursive: true });
  const path = join(folder, 'config.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...settings }));
  return folder;
}

async function single(tensors: Iterable<PlainTensor>): Promise<string> {
  const path = join(await tempFolder(), 'single.safetensors');
  await writeCopy(path, [...tensors]);
  return path;
}

describe('settings', () => {
  test('from config.json', async () => {
    expect((await openPart(goldenPath('zimage-transformer-wide-bf16'), 'transformer')).config).toEqual({
      inChannels: 16,
      patchSize: 2,
      dim: 264,
      heads: 2,
      headDim: 132,
      layers: 1,
      refinerLayers: 0,
      feedForwardWidth: 704,
      captionDim: 48,
      timeDim: 256,
      normEps: 1e-5,
      ropeTheta: 256,
      timeScale: 1000,
      axesDims: [36, 48, 48],
      axesLens: [1536, 512, 512],
    });
    expect((await openPart(nanoPath('text_encoder'), 'text-encoder')).config).toEqual({
      vocabularySize: 1159,
      hiddenSize: 128,
      layers: 3,
      heads: 4,
      keyValueHeads: 2,
      headDim: 32,
      feedForwardWidth: 384,
      normEps: 1e-6,
      ropeTheta: 10_000,
    });
    expect((await openPart(nanoPath('vae'), 'vae')).config).toEqual({
      imageChannels: 3,
      latentChannels: 16,
      blockOutChannels: [16, 32, 64, 64],
      layersPerBlock: 1,
      normGroups: 8,
      scalingFactor: 0.8756518373368084,
      shiftFactor: 0.04498724639415741,
      hasEncoder: true,
    });
  });

  test('from a config.json that transformers 5 wrote', async () => {
    const published = nanoPath('text_encoder');
    const { rope_theta } = JSON.parse(await readFile(join(published, 'config.json'), 'utf8'));
    const folder = await withSettings(published, {
      rope_theta: undefined,
      rope_scaling: undefined,
      rope_parameters: { rope_theta, rope_type: 'default' },
    });
    expect((await openPart(folder)).config).toEqual((await openPart(published)).config);
  });

  test('from the shapes alone, equal to those of config.json', async () => {
    const transformer = goldenPath('zimage-transformer-tiny');
    const path = await single((await readAll(join(transformer, weightsFile))).values());
    expect((await openPart(path, 'transformer')).config).toEqual(
      (await openPart(transformer, 'transformer')).config,
    );

    const encoder = goldenPath('qwen3-tiny/model.safetensors');
    const copy = await single((await readAll(encoder)).values());
    expect((await openPart(copy, 'text-encoder')).config).toEqual(
      (await openPart(encoder, 'text-encoder')).config,
    );
  });

  test('of a VAE without config.json are those of Flux', async () => {
    const conv = (name: string, output: number, input: number, kernel = 3): PlainTensor[] => [
      tensor(`${name}.weight`, [output, input, kernel, kernel]),
      tensor(`${name}.bias`, [output]),
    ];
    const norm = (name: string, size: number) => [
      tensor(`${name}.weight`, [size]),
      tensor(`${name}.bias`, [size]),
    ];
    const resnet = (name: string) => [
      ...norm(`${name}.norm1`, 32),
      ...conv(`${name}.conv1`, 32, 32),
      ...norm(`${name}.norm2`, 32),
      ...conv(`${name}.conv2`, 32, 32),
    ];
    const path = await single([
      ...conv('decoder.conv_in', 32, 16),
      ...resnet('decoder.mid.block_1'),
      ...resnet('decoder.mid.block_2'),
      ...norm('decoder.mid.attn_1.norm', 32),
      ...['q', 'k', 'v', 'proj_out'].flatMap((leaf) => conv(`decoder.mid.attn_1.${leaf}`, 32, 32, 1)),
      ...[0, 1].flatMap((level) => [0, 1].flatMap((block) => resnet(`decoder.up.${level}.block.${block}`))),
      ...conv('decoder.up.1.upsample.conv', 32, 32),
      ...norm('decoder.norm_out', 32),
      ...conv('decoder.conv_out', 3, 32),
    ]);
    expect((await openPart(path, 'vae')).config).toEqual({
      imageChannels: 3,
      latentChannels: 16,
      blockOutChannels: [32, 32],
      layersPerBlock: 1,
      normGroups: 32,
      scalingFactor: 0.3611,
      shiftFactor: 0.1159,
      hasEncoder: false,
    });
  });

  test('a config.json of another model beside a single file is not used', async () => {
    const path = await single((await readAll(goldenPath('qwen3-tiny/model.safetensors'))).values());
    await writeFile(join(path, '..', 'config.json'), '{"model_type": "llama", "hidden_size": 1}');
    expect((await openPart(path, 'text-encoder')).config.hiddenSize).toBe(64);
  });

  const tiny = goldenPath('zimage-transformer-tiny');
  const qwen = goldenPath('qwen3-tiny');
  const vae = goldenPath('vae-tiny');
  const refused: [string, string, object, RegExp][] = [
    ['no number', tiny, { dim: '128' }, /config\.json of .* cannot be used at "dim"/],
    ['missing setting', tiny, { n_layers: undefined }, /cannot be used at "n_layers"/],
    ['axes that do not add up', tiny, { axes_dims: [8, 8, 8] }, /contradicts itself/],
    ['other patches', tiny, { all_patch_size: [4] }, /patches of size 4/],
    ['no query norms', tiny, { qk_norm: false }, /without query and key norms/],
    ['image features', tiny, { siglip_feat_dim: 1152 }, /image features beside the caption/],
    ['too many layers', tiny, { n_layers: 5 }, /lacks 30 weights: "layers\.3\./],
    ['absurd layers', tiny, { n_layers: 1e9 }, /cannot be used at "n_layers"/],
    [
      'another width',
      tiny,
      { cap_feat_dim: 96 },
      /2 weights of another shape: .*cap_embedder\.0\.weight \[64\], not \[96\]/,
    ],
    ['scaled positions', qwen, { rope_scaling: { type: 'yarn' } }, /scaled rotary positions/],
    [
      'scaled positions as transformers 5 says it',
      qwen,
      { rope_parameters: { rope_theta: 1e4, rope_type: 'yarn' } },
      /scaled rotary positions/,
    ],
    ['no base of rotary positions', qwen, { rope_theta: undefined }, /lacks "rope_theta"/],
    ['another activation', qwen, { hidden_act: 'gelu' }, /activation \\?"gelu/],
    ['more heads', qwen, { num_attention_heads: 8 }, /weights of another shape/],
    ['quant convolutions', vae, { use_quant_conv: true }, /quant convolutions/],
    [
      'groups that do not divide',
      vae,
      { norm_num_groups: 32 },
      /16 channels .* cannot be split into 32 groups/,
    ],
    ['other latents', vae, { latent_channels: 4 }, /weights of another shape/],
  ];
  test.each(refused)('refused: %s', async (_, source, settings, expected) => {
    const opening = openPart(await withSettings(source, settings));
    await expect(opening).rejects.toThrow(UserError);
    await expect(opening).rejects.toThrow(expected);
  });

  test('a config.json that is no JSON is told', async () => {
    const folder = await withSettings(vae, {});
    await writeFile(join(folder, 'config.json'), '{');
    await expect(openPart(folder)).rejects.toThrow(/config\.json is not valid JSON/);
  });
});

const tensor = (name: string, shape: readonly number[]): PlainTensor => ({
  name,
  shape,
  values: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});

describe('weights', () => {
  const source = goldenPath(`zimage-transformer-tiny/${weightsFile}`);

  test('up to five missing ones are named, with their number', async () => {
    const all = await readAll(source);
    const path = await single([...all.values()].filter(({ name }) => !name.startsWith('noise_refiner.1.')));
    await expect(openPart(path)).rejects.toThrow(
      /lacks 15 weights: ("noise_refiner\.1\.\S+, ){4}"noise_refiner\.1\.\S+ and 10 more/,
    );
    const twoLess = await single(
      [...all.values()].filter(({ name }) => !['x_pad_token', 't_embedder.mlp.0.bias'].includes(name)),
    );
    await expect(openPart(twoLess)).rejects.toThrow(
      /lacks 2 weights: "t_embedder\.mlp\.0\.bias", "x_pad_token"\.$/,
    );
  });

  test('those nothing reads are listed', async () => {
    const path = await single([...(await readAll(source)).values(), tensor('norm_final.weight', [128])]);
    expect((await openPart(path)).unusedKeys).toEqual(['norm_final.weight']);
  });

  test('quantised files are refused, not misread', async () => {
    const all = [...(await readAll(source)).values()];
    for (const name of [
      'scaled_fp8',
      'layers.0.attention.to_q.scale_weight',
      'layers.0.attention.to_q.comfy_quant',
    ]) {
      await expect(openPart(await single([...all, tensor(name, [1])]))).rejects.toThrow(/quantised weights/);
    }
  });

  test('one weight under two names is refused', async () => {
    const all = zimageInComfyNames(await readAll(source));
    const twice = await single([...all, tensor('layers.0.attention.to_q.weight', [128, 128])]);
    await expect(openPart(twice)).rejects.toThrow(/holds one weight twice/);
  });

  test('a text encoder cut after some layers is not taken for a shorter one', async () => {
    const all = await readAll(goldenPath('qwen3-tiny/model.safetensors'));
    const cut = [...all.values()].filter(({ name }) => !/^model\.(norm\.|layers\.2\.)/.test(name));
    await expect(openPart(await single(cut))).rejects.toThrow(/no final norm/);
  });
});

describe('models', () => {
  test('a diffusers folder', async () => {
    const { transformer, textEncoder, vae } = await openModelFolder(nanoPath('.'));
    expect(transformer).toMatchObject({ layout: 'zimage/diffusers', scheduler: { shift: 3 } });
    expect(transformer.files).toEqual([nanoPath(`transformer/${weightsFile}`)]);
    expect(textEncoder.tokenizerFolder).toBe(nanoPath('tokenizer'));
    expect(vae.config.latentChannels).toBe(16);
  });

  test('a checkpoint file with all parts', async () => {
    const folder = await tempFolder();
    const encoder = await readAll(goldenPath('qwen3-tiny/model.safetensors'));
    const path = join(folder, 'all.safetensors');
    await writeCopy(path, [
      ...zimageInComfyNames(
        await readAll(goldenPath(`zimage-transformer-tiny/${weightsFile}`)),
        'model.diffusion_model.',
      ),
      ...[...encoder.values()].map((weight) => ({
        ...weight,
        name: `text_encoders.qwen3_4b.transformer.${weight.name}`,
      })),
      ...vaeInLdmNames(await readAll(goldenPath(`vae-tiny/${weightsFile}`)), 'vae.'),
    ]);
    await cp(goldenPath('vae-tiny/config.json'), join(folder, 'config.json'));
    const { transformer, textEncoder, vae } = await openModelFolder(path);
    expect([transformer, textEncoder, vae].map(({ layout, unusedKeys }) => [layout, unusedKeys])).toEqual([
      ['zimage/comfyui', []],
      ['qwen3/transformers', []],
      ['autoencoder-kl/ldm', []],
    ]);
    await expect(openPart(path)).rejects.toThrow(/holds several parts/);
  });

  test('what is missing or something else is named', async () => {
    const folder = join(await tempFolder(), 'model');
    await cp(nanoPath('.'), folder, { recursive: true });
    await rm(join(folder, 'vae'), { recursive: true });
    await expect(openModelFolder(folder)).rejects.toThrow(/has no folder "vae"/);
    await mkdir(join(folder, 'vae'));
    await expect(openModelFolder(folder)).rejects.toThrow(/vae holds no \.safetensors file/);
    await cp(nanoPath('text_encoder/model.safetensors'), join(folder, 'vae', 'model.safetensors'));
    await expect(openModelFolder(folder)).rejects.toThrow(/holds a Qwen3 text encoder, not a VAE/);
    await expect(openPart(goldenPath('adapters-zimage-tiny/loha.safetensors'))).rejects.toThrow(
      /holds an adapter, not a model/,
    );
    await expect(openModelFolder(join(folder, 'none'))).rejects.toThrow(/does not exist/);
  });

  test('scheduler settings that cannot be followed are refused', async () => {
    const folder = join(await tempFolder(), 'model');
    await cp(nanoPath('.'), folder, { recursive: true });
    await writeFile(
      join(folder, 'scheduler', 'scheduler_config.json'),
      '{"shift": 3, "use_dynamic_shifting": true}',
    );
    await expect(openPart(folder, 'transformer')).rejects.toThrow(/shift that depends on the size/);
    await writeFile(join(folder, 'scheduler', 'scheduler_config.json'), '{"shift": -1}');
    await expect(openPart(folder, 'transformer')).rejects.toThrow(/at "shift"/);
  });
});
