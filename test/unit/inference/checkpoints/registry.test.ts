import { createHash } from 'node:crypto';
import { cp, readFile, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import {
  fingerprintOf,
  sha256OfFile,
  sha256OfModel,
} from '../../../../nodes/inference/checkpoints/file-hash.ts';
import { ModelRegistry } from '../../../../nodes/inference/checkpoints/registry.ts';
import { comfyuiFolder } from '../../../support/comfyui-folder.ts';
import { goldenPath, nanoPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const lokr = goldenPath('adapters-zimage-tiny/lokr-aitoolkit-full-bf16.safetensors');

const namesOf = async (registry: ModelRegistry, kind: 'model' | 'text-encoder' | 'vae' | 'adapter') =>
  (await registry.list(kind)).map(({ name }) => name);

describe('listing', () => {
  test("ComfyUI's folders, each file by its content", async () => {
    const root = await comfyuiFolder();
    // In the wrong folder on purpose: the content counts.
    await cp(lokr, join(root, 'vae', 'misplaced.safetensors'));
    await writeFile(join(root, 'checkpoints', 'broken.safetensors'), 'no model');
    await writeFile(join(root, 'notes.txt'), 'x');
    const registry = new ModelRegistry([root]);
    expect(await namesOf(registry, 'model')).toEqual(['diffusion_models/z_image.safetensors']);
    expect(await namesOf(registry, 'text-encoder')).toEqual(['text_encoders/qwen_3_4b.safetensors']);
    expect(await namesOf(registry, 'vae')).toEqual(['vae/ae.safetensors']);
    expect(await namesOf(registry, 'adapter')).toEqual([
      'loras/styles/sda.safetensors',
      'vae/misplaced.safetensors',
    ]);
    expect(await registry.problems()).toEqual([
      {
        path: join(root, 'checkpoints', 'broken.safetensors'),
        message: expect.stringContaining('broken.safetensors'),
        hint: expect.stringContaining('Download the file itself'),
      },
    ]);
  });

  test('diffusers folders with their parts and the adapters inside', async () => {
    for (const [root, nano] of [
      [nanoPath('..'), 'nano'],
      [nanoPath('.'), 'nano'],
    ] as const) {
      const registry = new ModelRegistry([root]);
      expect(await namesOf(registry, 'model')).toEqual([nano]);
      expect(await namesOf(registry, 'text-encoder')).toEqual([`${nano}/text_encoder`]);
      expect(await namesOf(registry, 'vae')).toEqual([`${nano}/vae`]);
      expect(await namesOf(registry, 'adapter')).toEqual([`${nano}/adapters/nano-glossy-lokr.safetensors`]);
      const [model] = await registry.list('model');
      expect(await registry.resolve('model', { name: 'nano' })).toBe(model!.path);
      expect(await registry.nameOf(model!.path)).toBe('nano');
      expect(model!.bytes).toBeGreaterThan(10_000_000);
    }
  });

  test('a changed file is looked at again', async () => {
    const root = await comfyuiFolder();
    const registry = new ModelRegistry([root]);
    expect(await namesOf(registry, 'vae')).toHaveLength(1);
    await cp(lokr, join(root, 'vae', 'ae.safetensors'));
    await utimes(join(root, 'vae', 'ae.safetensors'), 1, 1);
    expect(await namesOf(registry, 'vae')).toEqual([]);
  });

  test('links in a circle and roots that are not there end', async () => {
    const root = await comfyuiFolder();
    await symlink(root, join(root, 'loras', 'again'));
    await symlink(join(root, 'nowhere'), join(root, 'loras', 'dangling.safetensors'));
    const registry = new ModelRegistry([join(root, 'none'), root]);
    expect(await namesOf(registry, 'adapter')).toContain('loras/styles/sda.safetensors');
    expect((await registry.problems()).some(({ path }) => path.endsWith('dangling.safetensors'))).toBe(true);
  });

  test('of two roots the first one names a file', async () => {
    const [first, second] = [await comfyuiFolder(), await comfyuiFolder()];
    const registry = new ModelRegistry([first, second]);
    expect(await registry.list('vae')).toHaveLength(1);
    expect(await registry.resolve('vae', { name: 'vae/ae.safetensors' })).toBe(
      join(first, 'vae', 'ae.safetensors'),
    );
  });
});

describe('resolving', () => {
  test('a name that leads out of the folders is refused', async () => {
    const registry = new ModelRegistry([await comfyuiFolder()]);
    for (const name of [
      '',
      '..',
      '../models/vae/ae.safetensors',
      'vae/../../secret.safetensors',
      './vae/ae.safetensors',
      'vae//ae.safetensors',
      '/etc/passwd',
      'C:/models/ae.safetensors',
      'C:ae.safetensors',
      '\\\\server\\share\\ae.safetensors',
      '//server/share/ae.safetensors',
      'vae\\ae.safetensors',
      'vae/ae.safetensors\0.png',
      'vae/ae.safetensors\n',
      'vae/.. /ae.safetensors',
      'vae/...',
      'file:///etc/passwd',
      'x'.repeat(2000),
    ]) {
      await expect(registry.resolve('vae', { name }), name).rejects.toThrow(/is refused: /);
    }
  });

  test('whatever the name, the result lies below a root', async () => {
    const root = await comfyuiFolder();
    const registry = new ModelRegistry([root]);
    const segment = fc.oneof(
      fc.constantFrom('..', '.', '', 'vae', 'ae.safetensors', 'C:', '~', '%2e%2e', '．．', '...', '.. '),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    );
    const name = fc
      .array(segment, { maxLength: 5 })
      .chain((parts) => fc.constantFrom('/', '\\', '//').map((separator) => parts.join(separator)));
    await fc.assert(
      fc.asyncProperty(name, async (candidate) => {
        try {
          const path = await registry.resolve('vae', { name: candidate });
          expect(path.startsWith(`${root}/`) || path.startsWith(`${root}\\`)).toBe(true);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a missing file is answered with near names', async () => {
    const registry = new ModelRegistry([await comfyuiFolder()]);
    const missing = registry.resolve('adapter', { name: 'loras/sda2.safetensors' });
    await expect(missing).rejects.toThrow(/no adapter "loras\/sda2.safetensors"/);
    await expect(missing).rejects.toMatchObject({
      hint: expect.stringContaining('loras/styles/sda.safetensors'),
    });
    const empty = new ModelRegistry([await tempFolder()]).resolve('vae', { name: 'ae.safetensors' });
    await expect(empty).rejects.toMatchObject({ hint: expect.stringContaining('hold no VAE') });
  });

  test('a renamed file is found by its content', async () => {
    const root = await comfyuiFolder();
    const registry = new ModelRegistry([root]);
    const name = 'loras/styles/sda.safetensors';
    const sha256 = await sha256OfFile(join(root, name));
    const moved = join(root, 'loras', 'other name.safetensors');
    await rename(join(root, name), moved);
    expect(await registry.resolve('adapter', { name, sha256 })).toBe(moved);
    await expect(registry.resolve('adapter', { name, sha256: '0'.repeat(64) })).rejects.toThrow(/no adapter/);
    await expect(registry.resolve('vae', { name, sha256 })).rejects.toThrow(/no VAE/);
  });
});

describe('hashes', () => {
  test('of a file, again after it changed', async () => {
    const path = join(await tempFolder(), 'a');
    await writeFile(path, 'abc');
    expect(await sha256OfFile(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    await writeFile(path, 'abcd');
    expect(await sha256OfFile(path)).toBe(createHash('sha256').update('abcd').digest('hex'));
    await expect(sha256OfFile(`${path}-none`)).rejects.toThrow(/does not exist/);
  });

  test('of a model folder: its parts, not what lies beside them', async () => {
    const folder = join(await tempFolder(), 'model');
    await cp(nanoPath('.'), folder, { recursive: true });
    const hash = await sha256OfModel(folder);
    const fingerprint = await fingerprintOf(folder);
    expect(hash).toBe(await sha256OfModel(nanoPath('.')));
    await writeFile(join(folder, 'README.md'), 'changed');
    expect(await sha256OfModel(folder)).toBe(hash);
    expect(await fingerprintOf(folder)).toBe(fingerprint);
    await writeFile(
      join(folder, 'vae', 'config.json'),
      `${await readFile(join(folder, 'vae', 'config.json'))} `,
    );
    expect(await sha256OfModel(folder)).not.toBe(hash);
    expect(await fingerprintOf(folder)).not.toBe(fingerprint);
  });
});
