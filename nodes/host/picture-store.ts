import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
import { version } from '../core/version.ts';
import type { Document } from '../document/schema.ts';
import type { EventPayload, PictureSummary } from '../protocol/contract.ts';
import { codeOf } from './atomic-file.ts';
import { OutputFolder } from './output-folder.ts';
import { RecentBytes } from './recent-bytes.ts';
import type { PictureSource, WorkerEvent } from './worker.ts';

const SHOWN_BYTES = 256 * 2 ** 20;
const THUMBNAIL_BYTES = 64 * 2 ** 20;

const idOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('base64url').slice(0, 24);
};

type MadePicture = Extract<WorkerEvent, { kind: 'picture' }>;

/** Id of a picture that a node made: equal for equal ones that are only shown. */
export const pictureId = ({ node, source }: MadePicture): string =>
  'path' in source ? idOf('file', source.path) : idOf('shown', node, source.png);

const gone = (cause?: unknown) =>
  new UserError('This picture is not there any more.', {
    hint: 'It was moved, deleted, or made long ago and never saved.',
    ...(cause !== undefined && { cause }),
  });

/**
 * Every picture that can be looked at, by an id that gives away nothing: those in the output folder,
 * also from earlier sessions, and those that were only shown, up to a budget of memory.
 */
export class PictureStore {
  readonly #makeThumbnail: (source: PictureSource) => Promise<Uint8Array<ArrayBuffer>>;
  /** Made by this session; relisted files are known by their path only. */
  readonly #summaries = new Map<string, PictureSummary>();
  readonly #paths = new Map<string, string>();
  /** What pictures of this session were made from. */
  readonly #documents = new Map<string, Document>();
  readonly #shown = new RecentBytes(SHOWN_BYTES, (id) => this.#forget(id));
  readonly #thumbnails = new RecentBytes(THUMBNAIL_BYTES);
  readonly #making = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  readonly #folder = new OutputFolder();

  constructor(makeThumbnail: (source: PictureSource) => Promise<Uint8Array<ArrayBuffer>>) {
    this.#makeThumbnail = makeThumbnail;
  }

  /**
   * Takes in what a job made. The same picture of the same node keeps its id.
   * @param document what the job ran
   */
  add(job: string, event: MadePicture, document: Document): EventPayload<'run/picture'> {
    const { node, source, width, height, facts } = event;
    const id = pictureId(event);
    const saved = 'path' in source;
    if (saved) this.#paths.set(id, source.path);
    else this.#shown.set(id, new Uint8Array(source.png));
    const file = saved && { file: basename(source.path) };
    const picture = {
      id,
      job,
      node,
      ...file,
      hasDocument: true,
      version,
      width,
      height,
      facts,
      at: Date.now(),
    };
    this.#summaries.set(id, picture);
    this.#documents.set(id, document);
    return picture;
  }

  has(id: string): boolean {
    return this.#summaries.has(id);
  }

  /** Newest first: the output folder as it is now, and what was shown. */
  async list(outputFolder: string): Promise<PictureSummary[]> {
    const pictures: PictureSummary[] = [];
    for (const { path, ...head } of await this.#folder.scan(outputFolder)) {
      const id = idOf('file', path);
      this.#paths.set(id, path);
      const made = this.#summaries.get(id);
      const { bytes } = head;
      pictures.push(made ? { ...made, bytes } : { id, file: basename(path), ...head });
    }
    for (const picture of this.#summaries.values()) if (picture.file === undefined) pictures.push(picture);
    return pictures.sort((a, b) => b.at - a.at);
  }

  /** Where a saved picture lies; undefined for one that was only shown. */
  pathOf(id: string): string | undefined {
    return this.#paths.get(id);
  }

  /** What made a picture of this session. */
  documentOf(id: string): Document | undefined {
    return this.#documents.get(id);
  }

  /** @throws UserError when it is gone. */
  async bytes(id: string, size: 'full' | 'thumbnail'): Promise<Uint8Array<ArrayBuffer>> {
    return size === 'full' ? this.#full(id) : this.#thumbnail(id);
  }

  /** Removes pictures for good, also from disk; ids that are not known count as removed. */
  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const path = this.#paths.get(id);
      if (path !== undefined) await removeFile(path);
      this.#paths.delete(id);
      this.#forget(id);
      this.#shown.delete(id);
      this.#thumbnails.delete(id);
    }
  }

  #forget(id: string): void {
    this.#summaries.delete(id);
    this.#documents.delete(id);
  }

  async #full(id: string): Promise<Uint8Array<ArrayBuffer>> {
    const path = this.#paths.get(id);
    if (path === undefined) {
      const png = this.#shown.get(id);
      if (!png) throw gone();
      return png;
    }
    try {
      return new Uint8Array(await readFile(path));
    } catch (error) {
      throw gone(error);
    }
  }

  async #thumbnail(id: string): Promise<Uint8Array<ArrayBuffer>> {
    const made = this.#thumbnails.get(id) ?? this.#making.get(id);
    if (made) return made;
    const making = this.#makeThumbnail(this.#sourceOf(id)).then((bytes) => {
      this.#thumbnails.set(id, bytes);
      return bytes;
    });
    this.#making.set(id, making);
    try {
      return await making;
    } finally {
      this.#making.delete(id);
    }
  }

  #sourceOf(id: string): PictureSource {
    const path = this.#paths.get(id);
    if (path !== undefined) return { kind: 'path', path };
    const png = this.#shown.get(id);
    if (!png) throw gone();
    return { kind: 'png', png };
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await rm(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw new UserError(`${basename(path)} cannot be deleted: ${messageOf(error)}.`, { cause: error });
  }
}
