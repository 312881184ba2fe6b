import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import { parseUntrustedJson } from '../document/json.ts';
import { openDocumentValue } from '../document/open.ts';
import { library } from '../library/index.ts';
import type { JournalEntry } from '../protocol/contract.ts';
import { faultOf } from '../protocol/errors.ts';
import { codeOf, UNFINISHED, writeAtomically } from './atomic-file.ts';
import { setAside } from './json-file.ts';

const ENDING = '.json';

const zFile = z.object({ title: z.string(), at: z.number(), document: z.unknown() });

interface Slot {
  newest: JournalEntry | undefined;
  readonly work: Promise<void>;
}

/**
 * What every window is editing, a file each, so that a crash of everything loses nothing. A file is
 * always complete: the last version or the one before.
 */
export class Journal {
  readonly #folder: string;
  readonly #onNotice: (message: string) => void;
  readonly #slots = new Map<string, Slot>();
  #lastAt = 0;

  constructor(folder: string, onNotice: (message: string) => void) {
    this.#folder = folder;
    this.#onNotice = onNotice;
  }

  /** Resolves when this version, or one that came meanwhile, lies safely on disk. */
  write(entry: JournalEntry): Promise<void> {
    const slot = this.#slots.get(entry.id);
    if (slot) {
      slot.newest = entry;
      return slot.work;
    }
    const work = Promise.resolve().then(() => this.#drain(entry.id));
    this.#slots.set(entry.id, { newest: entry, work });
    return work;
  }

  /** Newest last, to be opened in front. Files that cannot be read are set aside and told of. */
  async list(): Promise<(JournalEntry & { at: number })[]> {
    const entries: (JournalEntry & { at: number })[] = [];
    for (const name of await this.#files()) {
      if (!name.endsWith(ENDING)) continue;
      const path = join(this.#folder, name);
      try {
        const parsed = zFile.safeParse(parseUntrustedJson(await readFile(path, 'utf8')));
        if (!parsed.success) throw new UserError(faultOf(parsed.error));
        const { title, at, document } = parsed.data;
        const opened = openDocumentValue(document, library);
        entries.push({ id: name.slice(0, -ENDING.length), title, at, document: opened.document });
      } catch (error) {
        // Removed meanwhile.
        if (codeOf(error) === 'ENOENT') continue;
        this.#onNotice(await setAside(path, messageOf(error)));
      }
    }
    return entries.sort((a, b) => a.at - b.at);
  }

  async remove(id: string): Promise<void> {
    const slot = this.#slots.get(id);
    if (slot) {
      slot.newest = undefined;
      // A write that fails was already told to whoever asked for it.
      await slot.work.catch(() => undefined);
    }
    await rm(this.#pathOf(id), { force: true });
  }

  async #drain(id: string): Promise<void> {
    const slot = this.#slots.get(id);
    try {
      while (slot?.newest) {
        const { title, document } = slot.newest;
        slot.newest = undefined;
        // Windows write all their documents at once: the order must survive a shared millisecond.
        this.#lastAt = Math.max(Date.now(), this.#lastAt + 1);
        await writeAtomically(this.#pathOf(id), JSON.stringify({ title, at: this.#lastAt, document }));
      }
    } finally {
      this.#slots.delete(id);
    }
  }

  /** Names of the files, without what a crash left half-written. */
  async #files(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw new UserError(`The journal ${this.#folder} cannot be read: ${messageOf(error)}.`, {
        cause: error,
      });
    });
    for (const name of names.filter((other) => other.endsWith(UNFINISHED))) {
      const path = join(this.#folder, name);
      const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
      // A younger one may be another window's, being written now.
      if (age > 60_000) await rm(path, { force: true });
    }
    return names.filter((name) => !name.endsWith(UNFINISHED));
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}${ENDING}`);
  }
}
