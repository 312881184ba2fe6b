import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type PictureHead, readPictureHead } from './picture-head.ts';

const PICTURE = /\.(png|webp)$/i;
const MAX_DEPTH = 4;
/** Folders may be anything, such as a home folder chosen by mistake. */
const MAX_ENTRIES = 50_000;
const MAX_PICTURES = 5_000;
/** Files read at once. */
const BATCH = 16;

export interface FoundPicture extends PictureHead {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Size of the file. */
  readonly bytes: number;
}

interface Candidate {
  readonly path: string;
  readonly info: Stats;
}

/** The pictures below a folder, remembered between scans as long as their files do not change. */
export class OutputFolder {
  readonly #heads = new Map<string, { readonly mark: string; readonly head: PictureHead | undefined }>();

  /** Newest first, the newest few thousand. A folder that is not there holds none. */
  async scan(folder: string): Promise<FoundPicture[]> {
    const candidates = await candidatesBelow(folder);
    candidates.sort((a, b) => b.info.mtimeMs - a.info.mtimeMs);
    candidates.length = Math.min(candidates.length, MAX_PICTURES);
    const found: FoundPicture[] = [];
    for (let at = 0; at < candidates.length; at += BATCH) {
      const batch = candidates.slice(at, at + BATCH);
      const heads = await Promise.all(batch.map((candidate) => this.#headOf(candidate)));
      batch.forEach(({ path, info }, i) => {
        const head = heads[i];
        if (head) found.push({ ...head, path, at: info.mtimeMs, bytes: info.size });
      });
    }
    return found;
  }

  async #headOf({ path, info }: Candidate): Promise<PictureHead | undefined> {
    const mark = `${info.mtimeMs} ${info.size}`;
    const known = this.#heads.get(path);
    if (known?.mark === mark) return known.head;
    // What cannot be read, or is gone again, is not listed.
    const head = await readPictureHead(path).catch(() => undefined);
    this.#heads.set(path, { mark, head });
    return head;
  }
}

async function candidatesBelow(root: string): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const folders = [{ path: root, depth: 0 }];
  let entries = 0;
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    for (const entry of await entriesOf(folder.path)) {
      if (entry.name.startsWith('.')) continue;
      if (++entries > MAX_ENTRIES) return candidates;
      const path = join(folder.path, entry.name);
      if (entry.isDirectory() && folder.depth < MAX_DEPTH) folders.push({ path, depth: folder.depth + 1 });
      if (!entry.isFile() || !PICTURE.test(entry.name)) continue;
      const info = await stat(path).catch(() => undefined);
      if (info) candidates.push({ path, info });
    }
  }
  return candidates;
}

/** A folder that may not be read holds nothing for us. */
const entriesOf = (folder: string): Promise<Dirent[]> =>
  readdir(folder, { withFileTypes: true }).catch(() => []);
