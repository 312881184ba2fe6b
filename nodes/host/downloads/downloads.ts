import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../core/errors.ts';
import type {
  DownloadPlan,
  DownloadSettings,
  DownloadState,
  DownloadsState,
} from '../../protocol/downloads.ts';
import { reasonOf } from '../atomic-file.ts';
import { type JsonFile, openJsonFile } from '../json-file.ts';
import { type FetchPolicy, fetchFile } from './fetch-file.ts';
import { type KnownModel, knownModels } from './known-models.ts';
import { listModel, type RemoteFile, targetPath } from './listing.ts';
import { ModelFiles } from './manifest.ts';
import { PartFile } from './part-file.ts';
import { Rate } from './rate.ts';
import { checkMirror, Interrupted } from './request.ts';

export interface DownloadsOptions {
  /** For settings and what is known of files. */
  readonly stateFolder: string;
  /** Where models go now. */
  readonly modelFolder: () => string;
  readonly onChange: (state: DownloadsState) => void;
  readonly onProblem: (message: string) => void;
  readonly onDefect: (error: unknown) => void;
  readonly models?: readonly KnownModel[];
  readonly policy?: Partial<Omit<FetchPolicy, 'mirror'>>;
}

const DEFAULT_MIRROR = 'https://huggingface.co';
const POLICY = { stallAfter: 30_000, tries: 6, retryAfter: 1000 };
/** Left free on the disk. */
const SPARE_BYTES = 512 * 1024 * 1024;
/** Milliseconds between two reports of progress. */
const REPORT_EVERY = 250;

const zSaved = z.object({
  enabled: z.boolean().default(false),
  mirror: z.string().default(DEFAULT_MIRROR),
});

/** One model's download. */
interface Entry {
  readonly model: KnownModel;
  readonly files: ModelFiles;
  state: DownloadState;
  abort: AbortController | undefined;
  /** Whether its turn has not come yet. */
  isWaiting: boolean;
  /** Ends with the download that runs. */
  run: Promise<void>;
  /** Bytes a person agreed to at the last look. */
  planned: number | undefined;
}

/**
 * Downloads known models, one after the other, only when a person has allowed downloads and agreed to
 * the sizes. Nothing a workflow can say reaches this.
 */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #settings: JsonFile<DownloadSettings>;
  readonly #entries: ReadonlyMap<string, Entry>;
  #queue: Promise<void> = Promise.resolve();
  #reportedAt = 0;

  private constructor(
    options: DownloadsOptions,
    settings: JsonFile<DownloadSettings>,
    entries: ReadonlyMap<string, Entry>,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#entries = entries;
  }

  static async open(options: DownloadsOptions): Promise<Downloads> {
    const { stateFolder, onProblem, models = knownModels } = options;
    const settings = await openJsonFile(join(stateFolder, 'settings.json'), zSaved, onProblem);
    const entries = new Map<string, Entry>();
    for (const model of models) {
      const files = await ModelFiles.open(stateFolder, model.id, onProblem);
      const state: DownloadState = { id: model.id, state: 'absent', doneBytes: 0 };
      entries.set(model.id, {
        model,
        files,
        state,
        abort: undefined,
        isWaiting: false,
        run: Promise.resolve(),
        planned: undefined,
      });
    }
    return new Downloads(options, settings, entries);
  }

  /** How things are, with what lies on the disk now. */
  async status(): Promise<DownloadsState> {
    for (const entry of this.#entries.values()) await this.#look(entry);
    return this.#state();
  }

  /** @throws UserError for a mirror that cannot be used */
  async configure(
    change: { readonly [K in keyof DownloadSettings]?: DownloadSettings[K] | undefined },
  ): Promise<DownloadsState> {
    if (change.mirror) checkMirror(change.mirror);
    const enabled = change.enabled ?? this.#settings.value.enabled;
    const mirror = change.mirror ?? this.#settings.value.mirror;
    await this.#settings.save({ enabled, mirror: mirror === '' ? DEFAULT_MIRROR : mirror });
    if (!enabled) for (const entry of this.#entries.values()) await this.#halt(entry);
    return this.#changed();
  }

  /**
   * Asks the mirror for a model's files; nothing is downloaded yet.
   * @throws UserError
   */
  async plan(id: string): Promise<DownloadPlan> {
    const entry = this.#entry(id);
    this.#mustBeAllowed();
    if (entry.abort) throw new UserError('This model is being downloaded already.');
    const folder = this.#options.modelFolder();
    await mkdir(folder, { recursive: true });
    const listed = await this.#reach(listModel(entry.model, this.#policy(), AbortSignal.timeout(60_000)));
    await entry.files.take(folder, listed);
    const files: DownloadPlan['files'] = [];
    for (const file of entry.files.files)
      files.push({ target: file.target, bytes: file.bytes, present: await entry.files.isPresent(file) });
    const totalBytes = sum(listed);
    const missingBytes = totalBytes - (await entry.files.doneBytes());
    entry.planned = missingBytes;
    entry.state = { id, state: 'absent', doneBytes: 0 };
    await this.#look(entry);
    this.#changed();
    return { id, folder, files, totalBytes, missingBytes, freeBytes: await freeBytes(folder) };
  }

  /**
   * Starts or continues a download.
   * @param missingBytes the size the person saw and agreed to
   * @throws UserError where downloads are off, nothing was looked up, or the disk is too small
   */
  async start(id: string, missingBytes: number): Promise<void> {
    const entry = this.#entry(id);
    this.#mustBeAllowed();
    if (entry.abort) return;
    if (entry.planned === undefined || entry.planned !== missingBytes)
      throw new UserError('The files of this model have to be looked up first.', {
        hint: 'Look at the sizes, then start the download.',
      });
    await this.#needSpace(entry, missingBytes);
    const abort = new AbortController();
    entry.abort = abort;
    entry.isWaiting = true;
    entry.state = { ...entry.state, state: 'waiting' };
    this.#changed();
    this.#queue = this.#queue.then(() => this.#run(entry, abort.signal)).catch(this.#options.onDefect);
    entry.run = this.#queue;
  }

  /** Stops a download; what has come is kept unless it is to be discarded. */
  async stop(id: string, discard: boolean): Promise<void> {
    const entry = this.#entry(id);
    await this.#halt(entry);
    if (discard) {
      await entry.run;
      for (const file of entry.files.files)
        await PartFile.discard(targetPath(entry.files.folder, file), file.hash);
    }
    await this.#look(entry);
    this.#changed();
  }

  /** Stops everything and waits for it. */
  async dispose(): Promise<void> {
    for (const { abort } of this.#entries.values()) abort?.abort();
    await this.#queue;
  }

  /** Ends a download. One that waits for another does not wait for that to learn of it. */
  async #halt(entry: Entry): Promise<void> {
    entry.abort?.abort();
    if (!entry.isWaiting) return;
    entry.isWaiting = false;
    entry.abort = undefined;
    entry.planned = undefined;
    entry.run = Promise.resolve();
    entry.state = { id: entry.model.id, state: 'absent', doneBytes: 0 };
    await this.#look(entry);
  }

  async #run(entry: Entry, signal: AbortSignal): Promise<void> {
    // Halted while it waited; another may have been started since.
    if (signal.aborted) return;
    entry.isWaiting = false;
    try {
      await this.#download(entry, signal);
      entry.state = { id: entry.model.id, state: 'complete', doneBytes: 0 };
    } catch (error) {
      entry.state = signal.aborted
        ? { id: entry.model.id, state: 'absent', doneBytes: 0 }
        : { id: entry.model.id, state: 'failed', doneBytes: 0, ...this.#told(error) };
    } finally {
      entry.abort = undefined;
      entry.planned = undefined;
      await this.#look(entry);
      this.#changed();
    }
  }

  async #download(entry: Entry, signal: AbortSignal): Promise<void> {
    const { files } = entry;
    const total = sum(files.files);
    const rate = new Rate();
    let before = 0;
    const report = (state: 'checking' | 'running', file: RemoteFile, done: number) => {
      const now = performance.now();
      if (state === 'running') rate.add(before + done, now);
      const { bytesPerSecond } = rate;
      const left = total - before - done;
      entry.state = {
        id: entry.model.id,
        state,
        doneBytes: before + done,
        totalBytes: total,
        file: file.target,
        ...(bytesPerSecond !== undefined && { bytesPerSecond }),
        ...(bytesPerSecond !== undefined && bytesPerSecond > 0 && { secondsLeft: left / bytesPerSecond }),
      };
      if (now - this.#reportedAt > REPORT_EVERY || done === 0) this.#changed();
    };
    for (const file of files.files) {
      if (await files.isPresent(file)) {
        report('checking', file, 0);
        if (!(await files.isRight(file, signal))) throw notAsPublished(targetPath(files.folder, file));
      } else {
        const onBytes = (done: number) => report('running', file, done);
        await fetchFile(files.folder, file, this.#policy(), { signal, onBytes });
        await files.markChecked(file);
      }
      before += file.bytes;
    }
  }

  /** Reads the disk; what is running knows better. */
  async #look(entry: Entry): Promise<void> {
    if (entry.abort) return;
    const { files } = entry;
    const totalBytes = files.files.length > 0 ? sum(files.files) : undefined;
    const doneBytes = await files.doneBytes();
    const { message, hint } = entry.state;
    const isFailed = entry.state.state === 'failed';
    const isWhole = totalBytes !== undefined && doneBytes === totalBytes;
    const onDisk = isWhole ? 'complete' : doneBytes > 0 ? 'partial' : 'absent';
    entry.state = {
      id: entry.model.id,
      state: isFailed ? 'failed' : onDisk,
      doneBytes,
      ...(totalBytes !== undefined && { totalBytes }),
      ...(isFailed && message !== undefined && { message }),
      ...(isFailed && hint !== undefined && { hint }),
    };
  }

  async #needSpace(entry: Entry, missingBytes: number): Promise<void> {
    const free = await freeBytes(entry.files.folder);
    if (free >= missingBytes + SPARE_BYTES) return;
    throw new UserError(
      `The download needs ${gigabytes(missingBytes + SPARE_BYTES)} and ${entry.files.folder} has ${gigabytes(free)} free.`,
      { hint: 'Make room, or register a folder of models on another disk.' },
    );
  }

  #policy(): FetchPolicy {
    return { ...POLICY, ...this.#options.policy, mirror: this.#settings.value.mirror };
  }

  #mustBeAllowed(): void {
    if (this.#settings.value.enabled) return;
    throw new UserError('Downloads are switched off.', { hint: 'Allow them in the downloads panel.' });
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (!entry) throw new UserError(`There is no model “${id}” to download.`);
    return entry;
  }

  async #reach<T>(asking: Promise<T>): Promise<T> {
    try {
      return await asking;
    } catch (error) {
      if (error instanceof UserError) throw error;
      const { message, hint } = this.#told(error);
      throw new UserError(message, { hint, cause: error });
    }
  }

  #told(error: unknown): { readonly message: string; readonly hint: string } {
    if (error instanceof UserError) return { message: error.message, hint: error.hint ?? 'Try again.' };
    if (error instanceof Interrupted)
      return { message: `${error.message}.`, hint: 'Check the connection and the address of the mirror.' };
    if (error instanceof Error && 'code' in error)
      return {
        message: `The download cannot be written: ${reasonOf(error)}.`,
        hint: 'Make room or choose another folder; what has come is kept.',
      };
    this.#options.onDefect(error);
    return { message: `The download failed: ${messageOf(error)}.`, hint: 'Try again.' };
  }

  #state(): DownloadsState {
    const { enabled, mirror } = this.#settings.value;
    return {
      enabled,
      mirror,
      folder: this.#options.modelFolder(),
      models: [...this.#entries.values()].map(({ state }) => state),
    };
  }

  #changed(): DownloadsState {
    this.#reportedAt = performance.now();
    const state = this.#state();
    this.#options.onChange(state);
    return state;
  }
}

const sum = (files: readonly RemoteFile[]): number => files.reduce((all, { bytes }) => all + bytes, 0);

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const notAsPublished = (path: string): UserError =>
  new UserError(`${path} is not the file that was published: its content differs.`, {
    hint: 'Move it elsewhere or delete it, then continue.',
  });
