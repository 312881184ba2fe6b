import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HashStore } from '../../../../nodes/inference/checkpoints/hash-store.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const SHA = 'a'.repeat(64);

it('remembers hashes for the next process, until the file changes', async () => {
  const path = join(await tempFolder(), 'deep', 'hashes.json');
  await new HashStore(path).set('/models/x', '1 2', SHA);
  expect(await new HashStore(path).get('/models/x', '1 2')).toBe(SHA);
  expect(await new HashStore(path).get('/models/x', '1 3')).toBeUndefined();
});

it.each(['not json', '[]', '{"/models/x": {"state": "1 2", "sha256": "no"}}'])(
  'takes a damaged store for an empty one: %s',
  async (text) => {
    const path = join(await tempFolder(), 'hashes.json');
    await writeFile(path, text);
    const store = new HashStore(path);
    expect(await store.get('/models/x', '1 2')).toBeUndefined();
    await store.set('/models/x', '1 2', SHA);
    expect(await new HashStore(path).get('/models/x', '1 2')).toBe(SHA);
  },
);

it('does without a folder it may not write to', async () => {
  const path = join(await tempFolder(), 'taken');
  await mkdir(path);
  const store = new HashStore(path);
  await store.set('/models/x', '1 2', SHA);
  expect(await store.get('/models/x', '1 2')).toBe(SHA);
});
