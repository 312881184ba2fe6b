import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ModelRegistry } from '../../../../nodes/inference/checkpoints/registry.ts';
import { PartLibrary } from '../../../../nodes/inference/services/part-library.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const BYTES = 200e6;

test('files are read in full once, with progress, and a reading that was stopped begins again', async () => {
  const root = await tempFolder();
  await writeFile(join(root, 'large.safetensors'), '');
  await truncate(join(root, 'large.safetensors'), BYTES);
  const parts = new PartLibrary(new ModelRegistry([root]), [root]);
  const named = [
    { part: 'transformer', name: 'large.safetensors' },
    { part: 'vae', name: 'large.safetensors' },
  ] as const;

  const stop = new AbortController();
  const stopped = parts.readOnce(named, { signal: stop.signal, onRead: () => stop.abort() });
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });

  const told: number[] = [];
  const onRead = (done: number, total: number) => {
    expect(total).toBe(BYTES);
    told.push(done);
  };
  await parts.readOnce(named, { onRead });
  expect(told.length).toBeGreaterThan(1);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  const before = told.length;
  await parts.readOnce(named, { onRead });
  expect(told).toHaveLength(before);
});
