import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, syncFolder, UNFINISHED } from '../atomic-file.ts';
import type { ExpectedHash } from './listing.ts';

/** Where what has come so far of a file is kept; never a name that anything reads as a model. */
export const partPath = (target: string, { value }: ExpectedHash): string =>
  join(dirname(target), `.${basename(target)}.${value.slice(0, 12)}${UNFINISHED}`);

/** Bytes of a file, or 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return 0;
    throw error;
  }
}

function startHash({ kind }: ExpectedHash, bytes: number): Hash {
  if (kind === 'sha256') return createHash('sha256');
  return createHash('sha1').update(`blob ${bytes}\0`);
}

/** Hash of a file's content as `expected` counts it. */
export async function hashOf(
  path: string,
  expected: ExpectedHash,
  bytes: number,
  signal: AbortSignal,
): Promise<string> {
  const hash = startHash(expected, bytes);
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(piece);
  return hash.digest('hex');
}

/**
 * A file that is being downloaded. Its name holds the hash of what it is to become, so that what is
 * left of one version is never continued with another. It gets its real name only when all of it is
 * there, is right and lies safely on disk.
 */
export class PartFile {
  readonly #target: string;
  readonly #path: string;
  readonly #expected: ExpectedHash;
  readonly #bytes: number;
  readonly #handle: FileHandle;
  #hash: Hash;
  #done = 0;

  private constructor(target: string, expected: ExpectedHash, bytes: number, handle: FileHandle) {
    this.#target = target;
    this.#path = partPath(target, expected);
    this.#expected = expected;
    this.#bytes = bytes;
    this.#handle = handle;
    this.#hash = startHash(expected, bytes);
  }

  /** Opens what there is and hashes it, to go on from there. */
  static async open(
    target: string,
    expected: ExpectedHash,
    bytes: number,
    signal: AbortSignal,
  ): Promise<PartFile> {
    const path = partPath(target, expected);
    await mkdir(dirname(path), { recursive: true });
    // Created where it is missing, kept where it is not.
    const handle = await open(path, 'a+', 0o644).then(async (file) => {
      await file.close();
      return open(path, 'r+');
    });
    const part = new PartFile(target, expected, bytes, handle);
    try {
      const size = await sizeOf(path);
      if (size > bytes) await part.restart();
      else if (size > 0)
        for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
          part.#hash.update(piece);
          part.#done += piece.length;
        }
      return part;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that are there. */
  get done(): number {
    return this.#done;
  }

  async append(piece: Uint8Array): Promise<void> {
    let written = 0;
    while (written < piece.length) {
      const { bytesWritten } = await this.#handle.write(piece, written, piece.length - written, this.#done);
      this.#hash.update(piece.subarray(written, written + bytesWritten));
      written += bytesWritten;
      this.#done += bytesWritten;
    }
  }

  /** Throws away what has come. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = startHash(this.#expected, this.#bytes);
    this.#done = 0;
  }

  /** Whether all of it is there and is what it should be. */
  isRight(): boolean {
    return this.#done === this.#bytes && this.#hash.copy().digest('hex') === this.#expected.value;
  }

  /** Gives the file its name. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#path, this.#target);
    await syncFolder(dirname(this.#target));
  }

  /** Leaves what has come for the next time. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  static async discard(target: string, expected: ExpectedHash): Promise<void> {
    await rm(partPath(target, expected), { force: true });
  }
}
