import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const zStore = z.record(
  z.string(),
  z.object({ state: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
);
type Entries = z.infer<typeof zStore>;

/**
 * Hashes of large files that outlive the process: a 12 GB checkpoint is read in full once, not at
 * every start. Only a cache: a store that is missing, damaged or not writable costs time, nothing else.
 */
export class HashStore {
  readonly #path: string;
  #entries: Promise<Entries> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async get(file: string, state: string): Promise<string | undefined> {
    const entry = (await this.#load())[file];
    return entry?.state === state ? entry.sha256 : undefined;
  }

  async set(file: string, state: string, sha256: string): Promise<void> {
    const entries = await this.#load();
    entries[file] = { state, sha256 };
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFile(temporary, JSON.stringify(entries));
      await rename(temporary, this.#path);
    } catch {
      // Without a writable cache folder the hash is computed again next time.
      return;
    }
  }

  #load(): Promise<Entries> {
    this.#entries ??= readFile(this.#path, 'utf8').then(
      (text) => zStore.catch({}).parse(parseOr(text)),
      () => ({}),
    );
    return this.#entries;
  }
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A damaged cache is an empty one.
    return {};
  }
}
