import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModelRecipe } from '../../nodes/core/values.ts';
import type { Services } from '../../nodes/execution/services.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { ModelRegistry } from '../../nodes/inference/checkpoints/registry.ts';
import { planConversion } from '../../nodes/inference/precision/conversion.ts';
import { blockFormats } from '../../nodes/inference/precision/formats.ts';
import { WeightCache } from '../../nodes/inference/precision/weight-cache.ts';
import { PromptTokenizer } from '../../nodes/inference/qwen3/tokenizer.ts';
import { createServices, type EngineServices } from '../../nodes/inference/services/index.ts';
import { readAll, writeCopy } from '../support/checkpoint-copies.ts';
import {
  exportPreProcess,
  exportTextEncoder,
  exportTransformer,
  exportVae,
  writeExport,
} from '../support/export-onnx.ts';
import { nanoPath } from '../support/fixture-paths.ts';
import { maxDifference } from '../support/max-difference.ts';
import { relativeError } from '../support/relative-error.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testProviders } from '../support/webgpu.ts';

const PROMPT = 'red heart';
const transformer = await openPart(nanoPath('.'), 'transformer');
const textEncoder = await openPart(nanoPath('.'), 'text-encoder');
const vae = await openPart(nanoPath('.'), 'vae');
const tokens = (await PromptTokenizer.open(nanoPath('tokenizer'))).encodePrompt(PROMPT).ids.length;

type Contract = 'bundle' | 'standalone';
const graphs = (contract: Contract) => ({
  transformer: exportTransformer(transformer, { height: 16, width: 16, tokens, contract }),
  textEncoder: exportTextEncoder(textEncoder, tokens),
  ...exportVae(vae),
});

/** As the webnn bundle lies on disk. */
async function writeBundle(folder: string): Promise<void> {
  const { transformer, textEncoder, decoder } = graphs('bundle');
  await writeExport(join(folder, 'onnx', 'transformer_model_f16.onnx'), transformer, 2);
  await writeExport(join(folder, 'onnx', 'text_encoder_model_f16.onnx'), textEncoder);
  await writeExport(join(folder, 'onnx', 'vae_decoder_model_f16.onnx'), decoder, 0);
  await writeExport(join(folder, 'onnx', 'vae_pre_process_model_f16.onnx'), exportPreProcess(vae), 0);
  await cp(nanoPath('tokenizer'), join(folder, 'tokenizer'), { recursive: true });
}

/** As optimum and OnnxStack write it. */
async function writeDiffusersLike(folder: string): Promise<void> {
  const { transformer, textEncoder, decoder, encoder } = graphs('bundle');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model_index.json'), '{}');
  await writeExport(join(folder, 'transformer', 'model.onnx'), transformer);
  await writeExport(join(folder, 'text_encoder', 'model.onnx'), textEncoder);
  await writeExport(join(folder, 'vae_decoder', 'model.onnx'), decoder);
  await writeExport(join(folder, 'vae_encoder', 'model.onnx'), encoder);
  await cp(nanoPath('vae/config.json'), join(folder, 'vae_decoder', 'config.json'));
  await cp(nanoPath('tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  await cp(nanoPath('scheduler'), join(folder, 'scheduler'), { recursive: true });
}

const run = { signal: new AbortController().signal, onTile: () => undefined };
const whole = { mode: 'whole', tileSize: 0, overlap: 0 } as const;

const samplingOf = (model: ModelRecipe) => ({
  model,
  negative: undefined,
  latent: { samples: { dims: [1, 16, 16, 16], data: new Float32Array(16 * 256) }, channels: 16 },
  noise: { generator: 'cpu', seeds: [3n] } as const,
  sampler: { name: 'euler' } as const,
  guidance: 1,
  guidanceNormalization: 0,
  guidanceTruncation: 1,
});

async function picture(services: Services, model: string): Promise<Float32Array> {
  const opened = await services.models.open({ model, textEncoder: '', vae: '' });
  const { caption } = await services.text.encode(opened.textEncoder, PROMPT, run.signal);
  const latent = await services.diffusion.sample(
    {
      ...samplingOf(opened.model),
      positive: { captions: [caption] },
      sigmas: services.diffusion.schedule({ schedule: 'zimage', steps: 3, shift: 3, denoise: 1 }),
    },
    { signal: run.signal, onStep: () => undefined },
  );
  const { image } = await services.autoencoder.decode(opened.vae, latent, whole, run);
  return image.pixels.data;
}

describe('a whole model as ONNX', () => {
  const created: EngineServices[] = [];
  const servicesFor = async (root: string) => {
    const services = await createServices({
      modelFolders: [root],
      pictureFolders: [],
      outputFolder: join(root, 'out'),
      provider: 'cpu',
    });
    created.push(services);
    return services;
  };
  let expected: Float32Array;
  beforeAll(async () => {
    expected = await picture(await servicesFor(nanoPath('..')), 'nano');
  });
  afterAll(() => Promise.all(created.map((services) => services.dispose())));

  test('the bundle makes the picture its weights make', async () => {
    const root = join(await tempFolder(), 'models');
    await writeBundle(join(root, 'emoji'));
    const services = await servicesFor(root);
    const model = 'emoji/onnx/transformer_model_f16.onnx';
    expect((await services.models.list('model')).map(({ name }) => name)).toEqual([model]);
    expect((await services.models.list('text-encoder')).map(({ name }) => name)).toEqual([
      'emoji/onnx/text_encoder_model_f16.onnx',
    ]);
    expect((await services.models.list('vae')).map(({ name }) => name)).toEqual([
      'emoji/onnx/vae_decoder_model_f16.onnx',
    ]);
    const card = (await services.modelCards()).find(({ name }) => name === model);
    expect(card).toMatchObject({
      kinds: ['model'],
      layouts: ['zimage/onnx', 'qwen3/onnx', 'autoencoder-kl/onnx'],
      missing: [],
    });
    expect(maxDifference(await picture(services, model), expected)).toBeLessThan(1e-3);
  });

  test('a folder in diffusers’ arrangement does, and encodes too', async () => {
    const root = join(await tempFolder(), 'models');
    await writeDiffusersLike(join(root, 'emoji'));
    const services = await servicesFor(root);
    expect((await services.models.list('model')).map(({ name }) => name)).toContain('emoji');
    expect(maxDifference(await picture(services, 'emoji'), expected)).toBeLessThan(1e-3);

    const opened = await services.models.open({ model: 'emoji', textEncoder: '', vae: '' });
    const native = await (await servicesFor(nanoPath('..'))).models.open({
      model: 'nano',
      textEncoder: '',
      vae: '',
    });
    const image = { pixels: { dims: [1, 128, 128, 3], data: expected } };
    const encoded = await services.autoencoder.encode(opened.vae, image, whole, run);
    const reference = await created.at(-1)!.autoencoder.encode(native.vae, image, whole, run);
    expect(maxDifference(encoded.latent.samples.data, reference.latent.samples.data)).toBeLessThan(1e-3);
  });

  test('a cache of links leads to the same files', async () => {
    const root = await tempFolder();
    const [blobs, snapshot] = [join(root, 'blobs'), join(root, 'models', 'snapshot')];
    await writeBundle(join(root, 'real'));
    await mkdir(blobs);
    await mkdir(join(snapshot, 'onnx'), { recursive: true });
    const names = [
      'transformer_model_f16.onnx',
      'transformer_model_f16.onnx_data',
      'transformer_model_f16.onnx_data_1',
    ];
    for (const [i, name] of names.entries()) {
      await rename(join(root, 'real', 'onnx', name), join(blobs, `blob-${i}`));
      await symlink(join('..', '..', '..', 'blobs', `blob-${i}`), join(snapshot, 'onnx', name));
    }
    const { layout } = await openPart(join(snapshot, 'onnx', names[0]!), 'transformer');
    expect(layout).toBe('zimage/onnx');
  });
});

/** The small model with its weights in float32, as variants with that in their name hold them. */
async function nanoInFloat32(): Promise<string> {
  const folder = join(await tempFolder(), 'nano');
  await cp(nanoPath('.'), folder, { recursive: true });
  for (const file of [
    'transformer/diffusion_pytorch_model.safetensors',
    'text_encoder/model.safetensors',
    'vae/diffusion_pytorch_model.safetensors',
  ])
    await writeCopy(join(folder, file), [...(await readAll(nanoPath(file))).values()]);
  return folder;
}

describe('every variant the community exports', () => {
  // Errors of the picture: a variant that came out more exact than its weights would be another one.
  const variants = {
    f32: { compute: 'float32', style: 'named', blocks: undefined, least: 0, most: 1e-5 },
    f16: { compute: 'float16', style: 'named', blocks: undefined, least: 1e-6, most: 1e-3 },
    q4f16: { compute: 'float16', style: 'int4', blocks: 'int4', least: 5e-3, most: 0.05 },
    q4f32: { compute: 'float32', style: 'int4', blocks: 'int4', least: 5e-3, most: 0.05 },
    int8: { compute: 'float32', style: 'int8', blocks: 'int8', least: 2e-3, most: 0.03 },
  } as const;

  test.each(Object.entries(variants))('%s opens and makes its picture', async (name, variant) => {
    const { compute, style, blocks, least, most } = variant;
    const source = compute === 'float16' ? nanoPath('.') : await nanoInFloat32();
    const parts = {
      transformer: await openPart(source, 'transformer'),
      textEncoder: await openPart(source, 'text-encoder'),
      vae: await openPart(source, 'vae'),
    };
    const scales = compute === 'float16' ? 'F16' : 'F32';
    const encoderWeights =
      blocks &&
      (await new WeightCache(await tempFolder()).prepare(
        planConversion('text-encoder', parts.textEncoder.weights, name, {
          kind: 'blocks',
          format: blockFormats[blocks],
          scales,
        }),
      ));
    const root = join(await tempFolder(), 'models');
    const onnx = join(root, 'emoji', 'onnx');
    const fileOf = (part: string) => join(onnx, `${part}_model_${name}.onnx`);
    await writeExport(
      fileOf('transformer'),
      exportTransformer(parts.transformer, {
        height: 16,
        width: 16,
        tokens,
        contract: 'bundle',
        compute,
        style,
      }),
      2,
    );
    await writeExport(
      fileOf('text_encoder'),
      exportTextEncoder(parts.textEncoder, tokens, compute, encoderWeights),
    );
    await writeExport(fileOf('vae_decoder'), exportVae(parts.vae, compute).decoder, 0);
    await writeExport(fileOf('vae_pre_process'), exportPreProcess(parts.vae), 0);
    await cp(nanoPath('tokenizer'), join(root, 'emoji', 'tokenizer'), { recursive: true });

    const services = await createServices({
      modelFolders: [root, nanoPath('..')],
      pictureFolders: [],
      outputFolder: join(root, 'out'),
      provider: 'cpu',
    });
    try {
      const made = await picture(services, `emoji/onnx/transformer_model_${name}.onnx`);
      const expected = await picture(services, 'nano');
      const error = relativeError(made, expected);
      expect(error).toBeGreaterThanOrEqual(least);
      expect(error).toBeLessThan(most);
    } finally {
      await services.dispose();
    }
  });
});

describe.runIf(testProviders.some((name) => name === 'webgpu'))('on WebGPU', () => {
  test('a graph with operators the GPU lacks says which of them run on the CPU', async () => {
    const root = join(await tempFolder(), 'models');
    const part = await openPart(await nanoInFloat32(), 'transformer');
    await writeExport(
      join(root, 'transformer.onnx'),
      exportTransformer(part, { height: 16, width: 16, tokens, contract: 'bundle', style: 'int8' }),
    );
    const services = await createServices({
      modelFolders: [root, nanoPath('..')],
      pictureFolders: [],
      outputFolder: join(root, 'out'),
      provider: 'webgpu',
    });
    try {
      const { model } = await services.models.open({
        model: 'transformer.onnx',
        textEncoder: 'nano',
        vae: 'nano',
      });
      const notices: string[] = [];
      const features = {
        dims: [tokens, part.config.captionDim],
        data: new Float32Array(tokens * 128).fill(0.1),
      };
      await services.diffusion.sample(
        {
          ...samplingOf(model),
          positive: { captions: [{ text: PROMPT, features }] },
          sigmas: services.diffusion.schedule({ schedule: 'zimage', steps: 1, shift: 3, denoise: 1 }),
        },
        { signal: run.signal, onStep: () => undefined, onNotice: (message) => notices.push(message) },
      );
      expect(notices).toEqual([
        expect.stringMatching(
          /^Part of the model runs on the CPU, which the GPU waits for at every step: .*MatMulInteger ×\d+/,
        ),
      ]);
    } finally {
      await services.dispose();
    }
  });
});

describe('an incomplete or wrong export', () => {
  test('says which file is missing and what would fit', async () => {
    const folder = join(await tempFolder(), 'emoji');
    await writeBundle(folder);
    await rm(join(folder, 'onnx', 'vae_decoder_model_f16.onnx'));
    const wanted = openPart(join(folder, 'onnx', 'transformer_model_f16.onnx'), 'vae');
    await expect(wanted).rejects.toMatchObject({
      message: expect.stringMatching(
        /has no VAE decoder among its ONNX files: .*"transformer_model_f16.onnx" is a transformer/,
      ),
      hint: expect.stringContaining('vae_decoder'),
    });
  });

  test('names a data file that is missing or cut off', async () => {
    const folder = join(await tempFolder(), 'emoji');
    await writeBundle(folder);
    const data = join(folder, 'onnx', 'transformer_model_f16.onnx_data_1');
    const model = join(folder, 'onnx', 'transformer_model_f16.onnx');
    await writeFile(data, new Uint8Array(100));
    await expect(openPart(model, 'transformer')).rejects.toThrow(
      /"transformer_model_f16.onnx_data_1", which has only 100: the file is cut off/,
    );
    await rm(data);
    await expect(openPart(model, 'transformer')).rejects.toThrow(
      /"transformer_model_f16.onnx_data_1" with its weights is missing/,
    );
    const registry = new ModelRegistry([folder]);
    expect(await registry.list('model')).toEqual([]);
    expect((await registry.problems()).map(({ message }) => message).join()).toContain('data_1');
  });

  test('a text encoder in the place of a transformer is told apart', async () => {
    const folder = join(await tempFolder(), 'emoji');
    await writeBundle(folder);
    await rm(join(folder, 'onnx', 'transformer_model_f16.onnx'));
    await expect(openPart(join(folder, 'onnx'), 'transformer')).rejects.toThrow(
      /has no transformer among its ONNX files: .*is a text encoder/,
    );
  });
});
