import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { inspectCommand } from '../../electron/cli/inspect-command.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { adapterFile, type Content } from '../support/adapter-files.ts';
import { comfyuiFolder } from '../support/comfyui-folder.ts';
import { exportTextEncoder, writeExport } from '../support/export-onnx.ts';
import { goldenPath, nanoPath } from '../support/fixture-paths.ts';
import { tempFolder } from '../support/temp-folder.ts';

const glossy = nanoPath('adapters/nano-glossy-lokr.safetensors');

/** Runs `kronode inspect` in this process; gives its exit code and what it wrote. */
async function inspect(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    });
  const code = await inspectCommand(args);
  vi.restoreAllMocks();
  return { code, ...written };
}
afterEach(() => vi.restoreAllMocks());

describe('an adapter file', () => {
  it('is reported in full without a model', async () => {
    const { code, stdout } = await inspect(glossy);
    expect(code).toBe(0);
    expect(stdout).toContain('40 layers: LoKr ×40');
    expect(stdout).toContain('8×8 ⊗ 32×32');
    expect(stdout).toMatch(/alpha 9\.999e\+9 unused/);
    expect(stdout).toMatch(/layers\.4 [\d.]+/);
  });

  it('is compared with the weights of a model, by name or by path', async () => {
    for (const model of ['nano', nanoPath('.')]) {
      const { code, stdout } = await inspect(glossy, '--model', model);
      expect(code).toBe(0);
      expect(stdout).toMatch(/‖ΔW‖ \/ ‖W‖\n {2}layers\.0 [\d.]+ %/);
    }
  });

  it('says the same as JSON', async () => {
    const { stdout } = await inspect(glossy, '--model', 'nano', '--json');
    const { kind, layers } = JSON.parse(stdout);
    expect(kind).toBe('adapter');
    expect(layers.modules).toHaveLength(40);
    expect(layers.modules[0]).toMatchObject({ family: 'lokr', dtypes: ['BF16'], scale: 1, dora: false });
    expect(layers.modules[0].relativeNorm).toBeGreaterThan(0);
    expect([layers.unmatchedKeys, layers.misfits]).toEqual([[], []]);
  });

  it('lists what matches nothing and what does not fit', async () => {
    const file = await adapterFile({
      'diffusion_model.layers.0.attention.to_q.lora_A.weight': { shape: [2, 256] },
      'diffusion_model.layers.0.attention.to_q.lora_B.weight': { shape: [256, 2] },
      'diffusion_model.layers.0.attention.to_k.lora_A.weight': { shape: [2, 99] },
      'diffusion_model.layers.0.attention.to_k.lora_B.weight': { shape: [256, 2] },
      'diffusion_model.layers.77.attention.to_q.lora_A.weight': { shape: [2, 256] },
    });
    const { stdout } = await inspect(file, '--model', 'nano');
    expect(stdout).toContain('1 key that match no layer\n  diffusion_model.layers.77.attention.to_q');
    expect(stdout).toMatch(/not used, its factors make \[256, 99\], the layer has \[256, 256\]/);
  });

  it.each([
    [['--model', 'no-such-model'], 'There is no model "no-such-model"'],
    [['--model', nanoPath('vae')], 'not a Z-Image transformer'],
  ])('%j is refused in a sentence', async (args, message) => {
    const { code, stderr } = await inspect(glossy, ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('is what --model is for', async () => {
    const { code, stderr } = await inspect(nanoPath('vae'), '--model', 'nano');
    expect([code, stderr]).toEqual([2, expect.stringContaining('is no adapter')]);
  });
});

describe('a folder', () => {
  it('of a whole model is reported with its parts', async () => {
    const { code, stdout } = await inspect(nanoPath('.'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^nano: model \(.* MB, F16, zimage\/diffusers, qwen3\/transformers, autoencoder-kl\//,
    );
    expect(stdout).not.toContain('needs a');
  });

  it('of single files tells what each still needs, and which file would do', async () => {
    const folder = await comfyuiFolder();
    const { code, stdout } = await inspect(folder);
    expect(code).toBe(0);
    expect(stdout).toContain('diffusion_models/z_image.safetensors: model (');
    expect(stdout).toContain('  needs a text encoder: text_encoders/qwen_3_4b.safetensors would do');
    expect(stdout).toContain('  needs a tokenizer: none that fits is here');
    await rm(join(folder, 'text_encoders', 'qwen_3_4b.safetensors'));
    const { models } = JSON.parse((await inspect(folder, '--json')).stdout);
    expect(models).toContainEqual(
      expect.objectContaining({
        name: 'diffusion_models/z_image.safetensors',
        missing: expect.arrayContaining([{ part: 'text-encoder', fits: [] }]),
      }),
    );
  });

  it('without any model says so', async () => {
    const { code, stderr } = await inspect(await tempFolder());
    expect([code, stderr]).toEqual([2, expect.stringContaining('holds no model')]);
  });
});

describe('an ONNX file', () => {
  it('is told by what it computes', async () => {
    const folder = await tempFolder();
    const encoder = await openPart(goldenPath('qwen3-tiny'), 'text-encoder');
    await writeExport(join(folder, 'any.onnx'), exportTextEncoder(encoder, 16));
    const { code, stdout } = await inspect(join(folder, 'any.onnx'));
    expect([code, stdout]).toEqual([0, expect.stringContaining('any.onnx: ONNX, text encoder\n  2 files: ')]);
  });

  it('that lacks its weights is refused with their name', async () => {
    const folder = await tempFolder();
    const encoder = await openPart(goldenPath('qwen3-tiny'), 'text-encoder');
    await writeExport(join(folder, 'any.onnx'), exportTextEncoder(encoder, 16));
    await rm(join(folder, 'any.onnx_data'));
    const { code, stderr } = await inspect(join(folder, 'any.onnx'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('any.onnx_data')]);
  });
});

/** A safetensors file as its header says, whatever is behind it. */
async function fileOf(header: string | object, bytes = 0): Promise<string> {
  const file = join(await tempFolder(), 'hostile.safetensors');
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(file, Buffer.concat([length, json, Buffer.alloc(bytes)]));
  return file;
}

const key = 'diffusion_model.layers.0.attention.to_q';
const tensor = (shape: number[], from: number, to: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
});
const nan = (): Content => ({
  [`${key}.lokr_w1`]: { shape: [8, 8] },
  [`${key}.lokr_w2`]: { shape: [32, 32], values: Array(1024).fill(Number.NaN) },
});
const manyKeys = (): Content => ({
  ...Object.fromEntries(
    Array.from({ length: 99_000 }, (_, i) => [
      `diffusion_model.layers.${i + 9}.attention.to_q.lokr_w1`,
      { shape: [0] },
    ]),
  ),
});

/** What each hostile file is told. */
const hostile: Readonly<Record<string, readonly [file: () => Promise<string>, message: RegExp]>> = {
  'a rank beyond any layer': [
    () =>
      adapterFile({
        [`${key}.lora_A.weight`]: { shape: [20_000, 256] },
        [`${key}.lora_B.weight`]: { shape: [256, 20_000] },
      }),
    /rank is 20000/,
  ],
  'a size no file could have': [
    () => fileOf({ [`${key}.lokr_w1`]: tensor([2 ** 31, 2 ** 31], 0, 16) }, 16),
    /cannot be read/,
  ],
  'offsets that overlap': [
    () =>
      fileOf({ [`${key}.lokr_w1`]: tensor([2, 2], 0, 16), [`${key}.lokr_w2`]: tensor([2, 2], 8, 24) }, 24),
    /cannot be read/,
  ],
  'a header cut off': [() => fileOf(`{"${key}.lokr_w1":{"dtype":"F32","sha`), /cannot be read/],
  'data cut off': [() => fileOf({ [`${key}.lokr_w1`]: tensor([4, 4], 0, 64) }, 10), /is cut off/],
  'a type nobody knows': [() => fileOf({ [`${key}.lokr_w1`]: tensor([1], 0, 4, 'Q9') }, 4), /cannot be read/],
  'whole numbers for factors': [
    () =>
      fileOf(
        {
          [`${key}.lokr_w1`]: tensor([8, 8], 0, 256, 'I32'),
          [`${key}.lokr_w2`]: tensor([32, 32], 256, 4352, 'I32'),
        },
        4352,
      ),
    /type I32/,
  ],
  'factors that are NaN': [() => adapterFile(nan()), /holds NaN or infinite/],
  'ninety-nine thousand empty keys': [() => adapterFile(manyKeys()), /does not fit this model/],
};

describe('a hostile adapter file', () => {
  it.each(Object.entries(hostile))('with %s ends in a sentence', async (_, [make, message]) => {
    const file = await make();
    const startedAt = performance.now();
    const { code, stderr, stdout } = await inspect(file, '--model', 'nano');
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.length).toBeLessThan(700);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('of a rank as high as its layer is still measured soon', async () => {
    const file = await adapterFile({
      'layers.0.lora_A.weight': { shape: [3000, 300] },
      'layers.0.lora_B.weight': { shape: [300, 3000], values: Array(900_000).fill(0.5) },
    });
    const startedAt = performance.now();
    const { code, stdout } = await inspect(file, '--json');
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).layers.modules[0].norm).toBeGreaterThan(0);
  });
});
