import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openModelFolder, openPart } from '../../../../nodes/inference/checkpoints/model-folder.ts';
import { ModelRegistry } from '../../../../nodes/inference/checkpoints/registry.ts';
import { PartLibrary } from '../../../../nodes/inference/services/part-library.ts';
import {
  type PlainTensor,
  readAll,
  vaeInLdmNames,
  writeCopy,
  zimageInComfyNames,
} from '../../../support/checkpoint-copies.ts';
import { goldenPath, nanoPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const transformer = await readAll(goldenPath('zimage-transformer-tiny/diffusion_pytorch_model.safetensors'));
const encoder = await readAll(goldenPath('qwen3-tiny/model.safetensors'));
const vae = await readAll(goldenPath('vae-tiny/diffusion_pytorch_model.safetensors'));

/** Shards with an index, as diffusers saves large parts. */
async function writeShards(
  folder: string,
  base: string,
  tensors: Iterable<PlainTensor>,
  count: number,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const shards: PlainTensor[][] = Array.from({ length: count }, () => []);
  for (const [i, tensor] of [...tensors].entries()) shards[i % count]!.push(tensor);
  const names = shards.map(
    (_, i) => `${base}-${String(i + 1).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.safetensors`,
  );
  const map: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    await writeCopy(join(folder, names[i]!), shard);
    for (const { name } of shard) map[name] = names[i]!;
  }
  await writeFile(
    join(folder, `${base}.safetensors.index.json`),
    JSON.stringify({ metadata: {}, weight_map: map }),
  );
  return names;
}

/** Tongyi-MAI/Z-Image-Turbo as it is published, with tiny weights. */
async function published(): Promise<{ folder: string; shards: string[] }> {
  const folder = join(await tempFolder(), 'Z-Image-Turbo');
  const shards = await writeShards(
    join(folder, 'transformer'),
    'diffusion_pytorch_model',
    transformer.values(),
    3,
  );
  await writeShards(join(folder, 'text_encoder'), 'model', encoder.values(), 2);
  await mkdir(join(folder, 'vae'));
  await writeCopy(join(folder, 'vae', 'diffusion_pytorch_model.safetensors'), [...vae.values()]);
  for (const [from, to] of [
    ['zimage-transformer-tiny/config.json', 'transformer'],
    ['qwen3-tiny/config.json', 'text_encoder'],
    ['vae-tiny/config.json', 'vae'],
  ] as const)
    await cp(goldenPath(from), join(folder, to, 'config.json'));
  await cp(nanoPath('tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  await cp(nanoPath('scheduler'), join(folder, 'scheduler'), { recursive: true });
  await writeFile(join(folder, 'model_index.json'), '{"_class_name": "ZImagePipeline"}');
  return { folder, shards };
}

describe('the published folder', () => {
  test('opens with every part from its shards', async () => {
    const { folder } = await published();
    const { transformer, textEncoder, vae } = await openModelFolder(folder);
    expect([transformer.files.length, textEncoder.files.length, vae.files.length]).toEqual([3, 2, 1]);
    expect(transformer.scheduler).toEqual({ shift: 3 });
    expect(textEncoder.tokenizerFolder).toBe(join(folder, 'tokenizer'));
    expect((await new ModelRegistry([folder]).list('model')).map(({ name }) => name)).toEqual([
      'Z-Image-Turbo',
    ]);
  });

  test('with a shard missing says which one', async () => {
    const { folder, shards } = await published();
    await rm(join(folder, 'transformer', shards[1]!));
    await expect(openPart(folder, 'transformer')).rejects.toThrow(
      `1 file of the 3 that ${join(folder, 'transformer', 'diffusion_pytorch_model.safetensors.index.json')} lists is missing: "${shards[1]}".`,
    );
  });
});

describe('a part in several files', () => {
  const parts = [
    ['diffusion_pytorch_model.fp16', 'diffusion_pytorch_model.safetensors.index.fp16.json'],
    ['diffusion_pytorch_model', 'diffusion_pytorch_model.safetensors.index.json'],
  ] as const;
  test.each(parts)(
    'is one model as %s-…, and without its index says what is missing',
    async (base, index) => {
      const folder = await tempFolder();
      const root = join(folder, 'part');
      await writeShards(root, base, transformer.values(), 2);
      await rename(join(root, `${base}.safetensors.index.json`), join(root, index));
      expect((await openPart(root, 'transformer')).files).toHaveLength(2);
      const registry = new ModelRegistry([folder]);
      expect((await registry.list('model')).map(({ name }) => name)).toEqual(['part']);
      await rm(join(root, index));
      expect(await registry.list('model')).toEqual([]);
      expect(await registry.problems()).toEqual([
        {
          path: root,
          message: `The folder ${root} holds a model in 2 files without the index that lists them.`,
          hint: `Download "${index}" into the same folder.`,
        },
      ]);
    },
  );

  test('has the name of its folder where that is registered itself', async () => {
    const root = join(await tempFolder(), 'fine tune');
    await writeShards(root, 'diffusion_pytorch_model', transformer.values(), 2);
    const registry = new ModelRegistry([root]);
    expect((await registry.list('model')).map(({ name }) => name)).toEqual(['fine tune']);
    expect(await registry.resolve('model', { name: 'fine tune' })).toBe(root);
  });

  test('does not hide the single files beside it', async () => {
    const root = await tempFolder();
    await writeShards(root, 'diffusion_pytorch_model', transformer.values(), 2);
    await writeCopy(join(root, 'encoder.safetensors'), [...encoder.values()]);
    expect(await new ModelRegistry([root]).list('text-encoder')).toHaveLength(1);
  });
});

describe('files under names nobody would guess', () => {
  test.each(['ae.sft', 'ae.bin', 'AE.SAFETENSORS'])('safetensors called %s', async (name) => {
    const root = await tempFolder();
    await writeCopy(join(root, name), vaeInLdmNames(vae));
    await cp(goldenPath('vae-tiny/config.json'), join(root, 'config.json'));
    expect((await new ModelRegistry([root]).list('vae')).map((file) => file.name)).toEqual([name]);
    expect((await openPart(join(root, name))).part).toBe('vae');
  });

  test.each(['', 'model.diffusion_model.', 'diffusion_model.', 'my.own.fine_tune.'])(
    'a fine-tune whose weights begin with “%s”',
    async (prefix) => {
      const file = join(await tempFolder(), 'anime mix v7 (final).safetensors');
      await writeCopy(file, zimageInComfyNames(transformer, prefix));
      const part = await openPart(file, 'transformer');
      expect([part.layout, part.unusedKeys]).toEqual(['zimage/comfyui', []]);
    },
  );

  test('the other parts with what tools put before them', async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, 'vae'));
    const [text, latent] = [join(folder, 'a.safetensors'), join(folder, 'vae', 'b.safetensors')];
    await writeCopy(
      text,
      [...encoder.values()].map((tensor) => ({
        ...tensor,
        name: `text_encoders.qwen3_4b.transformer.${tensor.name}`,
      })),
    );
    await writeCopy(latent, vaeInLdmNames(vae, 'first_stage_model.'));
    await cp(goldenPath('qwen3-tiny/config.json'), join(folder, 'config.json'));
    await cp(goldenPath('vae-tiny/config.json'), join(folder, 'vae', 'config.json'));
    expect((await openPart(text)).part).toBe('text-encoder');
    expect((await openPart(latent)).part).toBe('vae');
  });
});

describe('a text encoder without a tokenizer', () => {
  const files = async () => {
    const root = await tempFolder();
    await mkdir(join(root, 'text_encoders'));
    await cp(nanoPath('text_encoder'), join(root, 'text_encoders', 'qwen'), { recursive: true });
    return root;
  };
  const tokenizerIn = async (root: string) => {
    const parts = new PartLibrary(new ModelRegistry([root]), [root]);
    const { opened } = await parts.open('text-encoder', { name: 'text_encoders/qwen/model.safetensors' });
    return parts.tokenizerFolder(opened);
  };

  test('takes one of its size from a model folder beside it', async () => {
    const root = await files();
    await mkdir(join(root, 'Some model'));
    await cp(nanoPath('tokenizer'), join(root, 'Some model', 'tokenizer'), { recursive: true });
    await rm(join(root, 'Some model', 'tokenizer', 'tokenizer.json'));
    expect(await tokenizerIn(root)).toBe(join(root, 'Some model', 'tokenizer'));
  });

  test('takes that of an encoder elsewhere, as deep as a cache of Hugging Face has it', async () => {
    const root = await files();
    const snapshot = join(root, 'hub', 'models--Qwen--Qwen3-4B', 'snapshots', '1cfa9a72');
    await cp(nanoPath('text_encoder'), snapshot, { recursive: true });
    await cp(nanoPath('tokenizer'), snapshot, { recursive: true });
    expect(await tokenizerIn(root)).toBe(snapshot);
  });

  test('is not kept from it by the damaged one of another model', async () => {
    const root = await files();
    await mkdir(join(root, 'A broken clone', 'tokenizer'), { recursive: true });
    const pointer = 'version https://git-lfs.github.com/spec/v1';
    await writeFile(join(root, 'A broken clone', 'tokenizer', 'tokenizer.json'), pointer);
    await cp(nanoPath('tokenizer'), join(root, 'Some model', 'tokenizer'), { recursive: true });
    expect(await tokenizerIn(root)).toBe(join(root, 'Some model', 'tokenizer'));
  });

  test('says what is missing where none fits', async () => {
    const root = await files();
    await mkdir(join(root, 'tokenizer'));
    await writeFile(join(root, 'tokenizer', 'tokenizer.json'), '{"model": {"vocab": {"a": 0, "b": 1}}}');
    await expect(tokenizerIn(root)).rejects.toMatchObject({
      message: expect.stringContaining('no folder of models holds one with its 1159 tokens'),
      hint: expect.stringContaining('vocab.json and merges.txt'),
    });
  });
});

describe('formats that are not read', () => {
  test('element types of quantised files say what to use instead', async () => {
    const file = join(await tempFolder(), 'mxfp8.safetensors');
    const header = JSON.stringify({ w: { dtype: 'F8_E8M0', shape: [1], data_offsets: [0, 1] } });
    const length = Buffer.alloc(8);
    length.writeBigUint64LE(BigInt(header.length));
    await writeFile(file, Buffer.concat([length, Buffer.from(header), Buffer.alloc(1)]));
    await expect(openPart(file)).rejects.toMatchObject({
      message: expect.stringContaining('the element type "F8_E8M0", which Kronode does not know'),
      hint: 'Use a bf16, fp16 or fp8 version of the model.',
    });
  });

  const gguf = Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(60)]);
  const pickle = Buffer.concat([Buffer.from([0x80, 2, 0x7d]), Buffer.alloc(60)]);
  const zip = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60)]);
  test.each([
    ['z_image-Q4_K_M.gguf', gguf, /is a GGUF file of quantised weights/, /\.safetensors version/],
    ['model.ckpt', zip, /a PyTorch checkpoint/, /pickle files can run programs/],
    ['model.pt', pickle, /a Python pickle/, /pickle files can run programs/],
    ['renamed.safetensors', gguf, /is a GGUF file of quantised weights/, /\.safetensors version/],
    ['renamed too.safetensors', zip, /a PyTorch checkpoint/, /pickle files can run programs/],
  ])('%s is told apart and refused', async (name, bytes, what, instead) => {
    const folder = await tempFolder();
    await writeFile(join(folder, name), bytes);
    const expected = { message: expect.stringMatching(what), hint: expect.stringMatching(instead) };
    await expect(openPart(join(folder, name), 'transformer')).rejects.toMatchObject(expected);
    await expect(openPart(folder, 'transformer')).rejects.toMatchObject(expected);
    const [problem] = await new ModelRegistry([folder]).problems();
    expect(problem?.message).toMatch(what);
  });
});
