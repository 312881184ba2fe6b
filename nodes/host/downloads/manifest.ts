import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf } from '../atomic-file.ts';
import { type JsonFile, openJsonFile } from '../json-file.ts';
import { type RemoteFile, targetPath, zRemoteFile } from './listing.ts';
import { hashOf, partPath, sizeOf } from './part-file.ts';

const zManifest = z.object({
  folder: z.string().default(''),
  files: z.array(zRemoteFile).default([]),
  /** Size and time of change of files whose content was checked, by target. */
  checked: z.record(z.string(), z.string()).default({}),
});
type Manifest = z.infer<typeof zManifest>;

/** What is known of one model's files on this machine, kept between sessions. */
export class ModelFiles {
  readonly #file: JsonFile<Manifest>;

  private constructor(file: JsonFile<Manifest>) {
    this.#file = file;
  }

  static async open(folder: string, id: string, onProblem: (message: string) => void): Promise<ModelFiles> {
    return new ModelFiles(await openJsonFile(join(folder, `${id}.json`), zManifest, onProblem));
  }

  get files(): readonly RemoteFile[] {
    return this.#file.value.files;
  }

  get folder(): string {
    return this.#file.value.folder;
  }

  /** Takes a new listing; what was checked before counts on where the content is still the wanted one. */
  async take(folder: string, files: readonly RemoteFile[]): Promise<void> {
    const { value } = this.#file;
    const isSame = (file: RemoteFile) =>
      value.folder === folder &&
      value.files.some((old) => old.target === file.target && old.hash.value === file.hash.value);
    const checked = Object.fromEntries(
      files.flatMap((file) => {
        const state = value.checked[file.target];
        return state !== undefined && isSame(file) ? [[file.target, state]] : [];
      }),
    );
    await this.#file.save({ folder, files: [...files], checked });
  }

  /** Whether a file is there in its full size. */
  async isPresent(file: RemoteFile): Promise<boolean> {
    return (await stateOf(targetPath(this.folder, file)))?.size === file.bytes;
  }

  /** Whether a file that is there has the published content; read once, and again when it changes. */
  async isRight(file: RemoteFile, signal: AbortSignal): Promise<boolean> {
    const path = targetPath(this.folder, file);
    const state = await stateOf(path);
    if (!state || state.size !== file.bytes) return false;
    if (this.#file.value.checked[file.target] === state.text) return true;
    if ((await hashOf(path, file.hash, file.bytes, signal)) !== file.hash.value) return false;
    await this.markChecked(file);
    return true;
  }

  async markChecked(file: RemoteFile): Promise<void> {
    const state = await stateOf(targetPath(this.folder, file));
    if (!state) return;
    const { value } = this.#file;
    await this.#file.save({ ...value, checked: { ...value.checked, [file.target]: state.text } });
  }

  /** Bytes that are there, those of unfinished files included. */
  async doneBytes(): Promise<number> {
    let done = 0;
    for (const file of this.files) {
      const path = targetPath(this.folder, file);
      done += (await this.isPresent(file))
        ? file.bytes
        : Math.min(file.bytes, await sizeOf(partPath(path, file.hash)));
    }
    return done;
  }
}

async function stateOf(path: string): Promise<{ readonly size: number; readonly text: string } | undefined> {
  try {
    const info = await stat(path);
    return info.isFile() ? { size: info.size, text: `${info.size} ${info.mtimeMs}` } : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}
