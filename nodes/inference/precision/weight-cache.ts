import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { NetworkWeights } from '../checkpoints/weights.ts';
import { byteSize, fileError, isMissing } from '../checkpoints/wording.ts';
import type { Conversion } from './conversion.ts';
import { type ConversionRun, convertInto } from './convert.ts';

const FINISHED = /^([0-9a-f]{32})\.safetensors$/;
const UNFINISHED = /^([0-9a-f]{32})\.(\d+)\.unfinished$/;
/** Left free on the disk beside what is written. */
const SPARE_BYTES = 2 ** 28;

/** What lies in the cache. */
export interface ConvertedWeights {
  readonly files: number;
  /** On disk, unfinished conversions included. */
  readonly bytes: number;
  /** Some are being made now, by this process or another one. */
  readonly isConverting: boolean;
}

/**
 * Converted weights in a folder that may be deleted at any time. A file has the key of its conversion as
 * its name and appears whole or not at all; it grows in a folder that carries the id of the process
 * that writes it, and goes on in the next process after a crash.
 */
export class WeightCache {
  readonly #folder: string;
  /** What is being converted in this process. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The weights as they are to be used; converted first where they are not there yet.
   * @throws UserError where the disk is too full, or reading or writing fails; the signal's reason when it aborts
   */
  async prepare(conversion: Conversion, run: ConversionRun = {}): Promise<NetworkWeights> {
    const path = join(this.#folder, `${conversion.key}.safetensors`);
    if (conversion.units.length === 0) return conversion.weightsIn(path);
    // Somebody else's conversion of the same weights may be cancelled: then it is ours.
    for (let other = this.#running.get(conversion.key); other; other = this.#running.get(conversion.key))
      await other.catch(() => undefined);
    const converting = this.#ensure(path, conversion, run);
    this.#running.set(conversion.key, converting);
    try {
      await converting;
    } finally {
      this.#running.delete(conversion.key);
    }
    return conversion.weightsIn(path);
  }

  /** Whether the weights are there and whole. */
  async has({ key, header, fileBytes, units }: Conversion): Promise<boolean> {
    return units.length === 0 || isWhole(join(this.#folder, `${key}.safetensors`), header, fileBytes);
  }

  async state(): Promise<ConvertedWeights> {
    let bytes = 0;
    let files = 0;
    let isConverting = false;
    for (const name of await this.#entries()) {
      const path = join(this.#folder, name);
      const inside = UNFINISHED.test(name) ? await namesIn(path) : [''];
      for (const part of inside) bytes += await bytesOnDisk(join(path, part));
      files++;
      isConverting ||= this.#isGrowing(name);
    }
    return { files, bytes, isConverting };
  }

  /** Removes everything that is not being written now. */
  async clear(): Promise<void> {
    for (const name of await this.#entries()) {
      const path = join(this.#folder, name);
      if (this.#isGrowing(name)) continue;
      try {
        await rm(path, { recursive: true, force: true });
      } catch (error) {
        throw fileError(error, path, 'write');
      }
    }
  }

  /** Whether somebody writes this entry now. */
  #isGrowing(name: string): boolean {
    const [, key = '', writer] = UNFINISHED.exec(name) ?? [];
    if (writer === undefined) return false;
    return Number(writer) === process.pid ? this.#running.has(key) : isRunning(Number(writer));
  }

  async #ensure(path: string, conversion: Conversion, run: ConversionRun): Promise<void> {
    if (await this.has(conversion)) return;
    try {
      await mkdir(this.#folder, { recursive: true });
      const growing = await this.#place(conversion);
      const finished = await convertInto(growing, conversion, run);
      await rename(finished, path);
      await syncFolder(this.#folder);
      await rm(growing, { recursive: true, force: true });
    } catch (error) {
      throw fileError(error, path, 'write');
    }
  }

  /** The folder a conversion grows in: that of a process that died over it, or a new one. */
  async #place({ key, fileBytes }: Conversion): Promise<string> {
    const own = join(this.#folder, `${key}.${process.pid}.unfinished`);
    if ((await this.#entries()).includes(`${key}.${process.pid}.unfinished`)) return own;
    for (const name of await this.#entries()) {
      const [, unfinished, writer] = UNFINISHED.exec(name) ?? [];
      if (unfinished !== key || isRunning(Number(writer))) continue;
      try {
        // Of several processes that see it, one succeeds.
        await rename(join(this.#folder, name), own);
        return own;
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < fileBytes + SPARE_BYTES)
      throw new UserError(
        `Converting the weights needs ${byteSize(fileBytes)} in ${this.#folder}, where ${byteSize(bavail * bsize)} are free.`,
        { hint: 'Make room, delete converted weights you do not use, or choose the precision of the file.' },
      );
    await mkdir(own);
    return own;
  }

  async #entries(): Promise<string[]> {
    return (await namesIn(this.#folder)).filter((name) => FINISHED.test(name) || UNFINISHED.test(name));
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw fileError(error, folder, 'read');
  }
}

/** Sparse files count what they take. */
async function bytesOnDisk(path: string): Promise<number> {
  try {
    const { size, blocks } = await stat(path);
    return blocks === undefined || blocks === 0 ? size : Math.min(size, blocks * 512);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw fileError(error, path, 'read');
  }
}

async function isWhole(path: string, header: Uint8Array, fileBytes: number): Promise<boolean> {
  try {
    const handle = await open(path, 'r');
    try {
      if ((await handle.stat()).size !== fileBytes) return false;
      const start = Buffer.alloc(header.length);
      await handle.read(start, 0, start.length, 0);
      return start.equals(header);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return false;
    throw fileError(error, path, 'read');
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is there and may not be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
