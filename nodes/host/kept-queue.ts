import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import { parseUntrustedJson } from '../document/json.ts';
import { openDocumentValue } from '../document/open.ts';
import type { Document } from '../document/schema.ts';
import { library } from '../library/index.ts';
import { faultOf } from '../protocol/errors.ts';
import { codeOf, UNFINISHED, writeAtomically } from './atomic-file.ts';
import { setAside } from './json-file.ts';

/** A job that has yet to run, or was cut off. */
export interface KeptJob {
  readonly id: string;
  readonly document: Document;
  readonly targets: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
}

const ENDING = '.json';
/** Ids of the jobs in their order; job ids never look like this. */
const ORDER = 'order.json';
const MAX_JOBS = 1000;

const zOrder = z.array(z.string());
const zFile = z.object({
  queuedAt: z.number(),
  targets: z.array(z.string()).optional(),
  document: z.unknown(),
});

/**
 * The queue on disk, so that what waits survives the end of Kronode: a file for each job, written once,
 * and a small one with their order. Changes follow each other at once; of those that come while a write
 * is under way only the last counts.
 */
export class KeptQueue {
  readonly #folder: string;
  readonly #onNotice: (message: string) => void;
  /** What lies on disk, by id. */
  readonly #written = new Map<string, Document>();
  #order: readonly string[] = [];
  #wanted: readonly KeptJob[] | undefined;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(folder: string, onNotice: (message: string) => void) {
    this.#folder = folder;
    this.#onNotice = onNotice;
  }

  /** The jobs of the session before, in their order. Files that cannot be read are set aside and told of. */
  async load(): Promise<KeptJob[]> {
    const names = await this.#names();
    const order = names.includes(ORDER) ? await this.#readOrder() : [];
    const jobs: KeptJob[] = [];
    for (const name of names.filter((other) => other !== ORDER).slice(0, MAX_JOBS)) {
      const job = await this.#read(name);
      if (job) jobs.push(job);
    }
    // One whose place was not written yet came last.
    const placeOf = ({ id }: KeptJob) => (order.includes(id) ? order.indexOf(id) : order.length);
    jobs.sort((a, b) => placeOf(a) - placeOf(b) || a.queuedAt - b.queuedAt);
    for (const { id, document } of jobs) this.#written.set(id, document);
    this.#order = jobs.map(({ id }) => id);
    return jobs;
  }

  /** Brings the disk up to date, in the background. */
  keep(jobs: readonly KeptJob[]): void {
    if (this.#isClosed) return;
    const isUnderWay = this.#wanted !== undefined;
    this.#wanted = jobs;
    if (!isUnderWay) this.#work = this.#work.then(() => this.#write());
  }

  /** Whatever becomes of the jobs from now on, the next session finds them as they are. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
  }

  async #write(): Promise<void> {
    const jobs = this.#wanted ?? [];
    this.#wanted = undefined;
    try {
      for (const { id, document, targets, queuedAt } of jobs) {
        if (this.#written.get(id) === document) continue;
        await writeAtomically(this.#pathOf(id), JSON.stringify({ queuedAt, targets, document }));
        this.#written.set(id, document);
      }
      const order = jobs.map(({ id }) => id);
      if (order.join() !== this.#order.join()) {
        await writeAtomically(join(this.#folder, ORDER), JSON.stringify(order));
        this.#order = order;
      }
      const gone = [...this.#written.keys()].filter((id) => !order.includes(id));
      for (const id of gone) {
        await rm(this.#pathOf(id), { force: true });
        this.#written.delete(id);
      }
    } catch (error) {
      this.#onNotice(`The queue cannot be kept: ${messageOf(error)}`);
    }
  }

  async #read(name: string): Promise<KeptJob | undefined> {
    const path = join(this.#folder, name);
    try {
      const parsed = zFile.safeParse(parseUntrustedJson(await readFile(path, 'utf8')));
      if (!parsed.success) throw new UserError(faultOf(parsed.error));
      const { queuedAt, targets, document } = parsed.data;
      const opened = openDocumentValue(document, library);
      return { id: name.slice(0, -ENDING.length), queuedAt, targets, document: opened.document };
    } catch (error) {
      this.#onNotice(await setAside(path, messageOf(error)));
      return undefined;
    }
  }

  async #readOrder(): Promise<readonly string[]> {
    try {
      return zOrder.parse(parseUntrustedJson(await readFile(join(this.#folder, ORDER), 'utf8')));
    } catch {
      // The jobs are there; they come in the order in which they were queued.
      return [];
    }
  }

  /** Names of the files, without what a crash left half-written. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') this.#onNotice(`${this.#folder} cannot be read: ${messageOf(error)}.`);
      return [];
    });
    for (const name of names.filter((other) => other.endsWith(UNFINISHED)))
      await rm(join(this.#folder, name), { force: true });
    return names.filter((name) => name.endsWith(ENDING));
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}${ENDING}`);
  }
}
