import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { bake } from '../../../../nodes/inference/adapters/bake.ts';
import { readAdapter } from '../../../../nodes/inference/adapters/read-adapter.ts';
import { openPart } from '../../../../nodes/inference/checkpoints/model-folder.ts';
import { readSafetensors } from '../../../../nodes/inference/checkpoints/safetensors.ts';
import { adapterFile } from '../../../support/adapter-files.ts';
import { goldenPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const wide = () => openPart(goldenPath('zimage-transformer-wide-bf16'), 'transformer');
const lora = () =>
  adapterFile({
    'layers.0.attention.to_v.lora_A.weight': { shape: [2, 264] },
    'layers.0.attention.to_v.lora_B.weight': { shape: [264, 2] },
  });
const bytesOf = async (file: string, name: string) => {
  const { offset, byteLength } = (await readSafetensors(file)).tensors.get(name)!;
  return (await readFile(file)).subarray(offset, offset + byteLength);
};

test('names, shapes and dtypes stay; only what the adapter changes gets other bytes', async () => {
  const model = await wide();
  const adapter = await readAdapter(await lora(), model.weights);
  const to = join(await tempFolder(), 'baked.safetensors');
  const progress: number[] = [];
  await bake({
    model,
    adapters: [{ adapter, strength: 1 }],
    to,
    recipe: '{"adapters":["style"]}',
    onProgress: (done, total) => progress.push(done / total),
  });
  const [before, after] = [await readSafetensors(model.files[0]!), await readSafetensors(to)];
  const described = (file: typeof before) =>
    [...file.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]).sort();
  expect(described(after)).toEqual(described(before));
  const changed = [];
  for (const name of before.tensors.keys()) {
    if (!(await bytesOf(to, name)).equals(await bytesOf(model.files[0]!, name))) changed.push(name);
  }
  expect(changed).toEqual(['layers.0.attention.to_v.weight']);
  expect(after.metadata.get('kronode.recipe')).toBe('{"adapters":["style"]}');
  expect(progress.at(-1)).toBe(1);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
});

test('cancelled, it leaves nothing behind', async () => {
  const model = await wide();
  const adapter = await readAdapter(await lora(), model.weights);
  const to = join(await tempFolder(), 'baked.safetensors');
  const cancel = new AbortController();
  const run = bake({
    model,
    adapters: [{ adapter, strength: 1 }],
    to,
    recipe: '',
    signal: cancel.signal,
    onProgress: () => cancel.abort(),
  });
  await expect(run).rejects.toThrow(/abort/i);
  expect(await readdir(dirname(to))).toEqual([]);
});

test('it never overwrites the model it reads', async () => {
  const model = await wide();
  const adapter = await readAdapter(await lora(), model.weights);
  const run = bake({ model, adapters: [{ adapter, strength: 1 }], to: model.files[0]!, recipe: '' });
  await expect(run).rejects.toThrow(UserError);
});
