import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { readTensor } from '../../../../nodes/inference/checkpoints/safetensors.ts';
import { readTensorSet } from '../../../../nodes/inference/checkpoints/sharded.ts';
import { writeCopy } from '../../../support/checkpoint-copies.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const scalar = (name: string, value: number) => ({ name, shape: [1], values: Float32Array.of(value) });
const shard = (index: number) => `model-0000${index}-of-00002.safetensors`;

async function sharded(weightMap: unknown): Promise<string> {
  const folder = await tempFolder();
  await writeCopy(join(folder, shard(1)), [scalar('a', 1), scalar('b', 2)]);
  await writeCopy(join(folder, shard(2)), [scalar('c', 3)]);
  await writeFile(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 12 }, weight_map: weightMap }),
  );
  return folder;
}

test('the shards of a folder are one set', async () => {
  const folder = await sharded({ a: shard(1), b: shard(1), c: shard(2) });
  for (const path of [folder, join(folder, 'model.safetensors.index.json')]) {
    const { tensors, files } = await readTensorSet(path);
    expect(files).toEqual([join(folder, shard(1)), join(folder, shard(2))]);
    expect([...tensors.keys()]).toEqual(['a', 'b', 'c']);
    expect([...(await readTensor(tensors.get('c')!))]).toEqual([3]);
  }
});

test('missing shards and missing tensors are named', async () => {
  const third = 'model-00003.safetensors';
  await expect(readTensorSet(await sharded({ a: shard(1), d: third }))).rejects.toThrow(
    /1 file of the 2 that .* lists is missing: "model-00003.safetensors"/,
  );
  await expect(readTensorSet(await sharded({ a: shard(1), b: shard(2) }))).rejects.toThrow(
    /lists 1 tensor that the named files do not hold: "b"/,
  );
});

describe('an index that leads elsewhere is refused', () => {
  const names = [
    '../model.safetensors',
    '/etc/model.safetensors',
    'C:\\model.safetensors',
    'C:model.safetensors',
    'sub/model.safetensors',
    '..\\model.safetensors',
    'model\0.safetensors',
    'model.bin',
    '',
    7,
    null,
  ];
  test.each(names)('%j', async (name) => {
    await expect(readTensorSet(await sharded({ a: name }))).rejects.toThrow(
      /no \.safetensors file beside it/,
    );
  });
  test.each([undefined, [], 'x', null])('weight_map %j', async (map) => {
    await expect(readTensorSet(await sharded(map))).rejects.toThrow(/has no "weight_map"/);
  });
  test('text that is no JSON', async () => {
    const folder = await sharded({});
    await writeFile(join(folder, 'model.safetensors.index.json'), '{');
    await expect(readTensorSet(folder)).rejects.toThrow(/is not valid JSON/);
  });
});

test('links into another folder work, as in the cache of Hugging Face', async () => {
  const folder = await tempFolder();
  await mkdir(join(folder, 'blobs'));
  await mkdir(join(folder, 'snapshot'));
  await writeCopy(join(folder, 'blobs', 'abc'), [scalar('a', 5)]);
  await symlink(join('..', 'blobs', 'abc'), join(folder, 'snapshot', 'model.safetensors'));
  const { tensors } = await readTensorSet(join(folder, 'snapshot'));
  expect([...(await readTensor(tensors.get('a')!))]).toEqual([5]);
});

describe('which file of a folder', () => {
  test('none, one of any name, several, and the usual one among several', async () => {
    const folder = await tempFolder();
    await expect(readTensorSet(folder)).rejects.toThrow(UserError);
    await expect(readTensorSet(folder)).rejects.toThrow(/holds no \.safetensors file/);
    await writeCopy(join(folder, 'z.safetensors'), [scalar('z', 1)]);
    expect((await readTensorSet(folder)).files).toEqual([join(folder, 'z.safetensors')]);
    await writeCopy(join(folder, 'y.safetensors'), [scalar('y', 1)]);
    await expect(readTensorSet(folder)).rejects.toThrow(/2 sets of weights/);
    await writeCopy(join(folder, 'diffusion_pytorch_model.safetensors'), [scalar('x', 1)]);
    expect([...(await readTensorSet(folder)).tensors.keys()]).toEqual(['x']);
  });
  test('a path that is not there', async () => {
    await expect(readTensorSet(join(await tempFolder(), 'none'))).rejects.toThrow(/it does not exist/);
  });
});
