import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { inspectFolder, typedFolder } from '../../../nodes/host/inspect-folder.ts';
import { comfyuiFolder } from '../../support/comfyui-folder.ts';
import { nanoPath } from '../../support/fixture-paths.ts';
import { tempFolder } from '../../support/temp-folder.ts';

describe('a folder before it is registered', () => {
  test("ComfyUI's models are recognised by its subfolders, with what lies in them", async () => {
    const path = await comfyuiFolder();
    await writeFile(join(path, 'vae', 'broken.safetensors'), 'no model');
    expect(await inspectFolder(path)).toEqual({
      path,
      kind: 'comfyui',
      folders: ['diffusion_models', 'text_encoders', 'vae', 'loras', 'checkpoints'],
      found: [
        { kind: 'model', count: 1 },
        { kind: 'text-encoder', count: 1 },
        { kind: 'vae', count: 1 },
        { kind: 'adapter', count: 1 },
      ],
      unusable: 1,
    });
  });

  test('older names of the subfolders count too', async () => {
    const path = await tempFolder();
    for (const name of ['unet', 'clip', 'models']) await mkdir(join(path, name));
    expect(await inspectFolder(path)).toMatchObject({
      kind: 'comfyui',
      folders: ['unet', 'clip'],
      found: [],
    });
  });

  test('the folder around it or one of its subfolders leads to the one that is meant', async () => {
    const path = await comfyuiFolder();
    expect(await inspectFolder(dirname(path))).toMatchObject({ kind: 'folder', better: path });
    expect(await inspectFolder(join(path, 'vae'))).toMatchObject({ kind: 'folder', better: path });
  });

  test('a model in diffusers’ layout is one', async () => {
    const report = await inspectFolder(nanoPath('.'));
    expect(report).toMatchObject({ kind: 'model', folders: [] });
    expect(report.found).toContainEqual({ kind: 'model', count: 1 });
  });

  test('what is no folder is refused in words', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'a.txt'), '');
    await expect(inspectFolder(join(folder, 'none'))).rejects.toThrow('There is no folder');
    await expect(inspectFolder(join(folder, 'a.txt'))).rejects.toThrow('is a file, not a folder');
    await expect(inspectFolder('models')).rejects.toThrow('not a whole path');
    await expect(inspectFolder('  ')).rejects.toThrow('No folder was given');
    await expect(inspectFolder('file://%zz')).rejects.toThrow('no address of a folder');
  });
});

test.skipIf(process.platform === 'win32')('paths are taken as people paste them', () => {
  expect(typedFolder(' "/a b/c" ')).toBe('/a b/c');
  expect(typedFolder("'/a'")).toBe('/a');
  expect(typedFolder('~/models')).toBe(join(homedir(), 'models'));
  expect(typedFolder('/a/../b/')).toBe('/b');
  expect(typedFolder(pathToFileURL('/a b/ü').href)).toBe('/a b/ü');
});
