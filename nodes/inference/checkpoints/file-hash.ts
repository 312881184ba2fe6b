import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { describeOnnx, isOnnxFile } from '../foreign/describe.ts';
import { exportsIn } from '../foreign/find-exports.ts';
import { runtimeCounters } from '../ort/counters.ts';
import { HashStore } from './hash-store.ts';
import { isModelFolder, modelFolders } from './model-folder.ts';
import { fileError } from './wording.ts';

/** Hash by path, size and time of change: a 12 GB file is read once per process. */
const known = new Map<string, { readonly state: string; readonly sha256: Promise<string> }>();

/** Files from this size on are worth a place in the store. */
const LARGE = 2 ** 26;
let store: HashStore | undefined;

/** Keeps the hashes of large files in a file of the user's cache folder from now on. */
export function keepHashesIn(path: string): void {
  store = new HashStore(path);
}

/** Told of bytes as they are read; what it throws ends the reading. */
type OnRead = (bytes: number) => void;

/**
 * SHA-256 of a file's content as lower-case hex, streamed and remembered until the file changes.
 *
 * @throws UserError for a file that cannot be read
 */
export async function sha256OfFile(path: string, onRead?: OnRead): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    const state = `${size} ${mtimeMs}`;
    const remembered = known.get(path);
    if (remembered?.state === state) return await remembered.sha256;
    const sha256 = size >= LARGE ? storedHash(path, state, onRead) : hash(path, onRead);
    known.set(path, { state, sha256 });
    return await sha256;
  } catch (error) {
    known.delete(path);
    throw fileError(error, path, 'read');
  }
}

async function storedHash(path: string, state: string, onRead: OnRead | undefined): Promise<string> {
  const stored = await store?.get(path, state);
  if (stored !== undefined) return stored;
  const sha256 = await hash(path, onRead);
  await store?.set(path, state, sha256);
  return sha256;
}

async function hash(path: string, onRead: OnRead | undefined): Promise<string> {
  const digest = createHash('sha256');
  runtimeCounters.filesRead++;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    digest.update(chunk);
    onRead?.(chunk.length);
  }
  return digest.digest('hex');
}

/** SHA-256 of a file, or of a model folder: of its files' sorted hashes, one a line. */
export async function sha256OfModel(path: string, onRead?: OnRead): Promise<string> {
  const files = await filesOfModel(path);
  const [only] = files;
  if (files.length === 1 && only === path) return sha256OfFile(path, onRead);
  const hashes: string[] = [];
  for (const file of files) hashes.push(await sha256OfFile(file, onRead));
  return createHash('sha256').update(hashes.sort().join('\n')).digest('hex');
}

/** Bytes of the files that make up what a path names. */
export async function bytesOfModel(path: string): Promise<number> {
  const sizes = await Promise.all((await filesOfModel(path)).map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Changes whenever the content behind a path may have changed, without reading it: names, sizes
 * and times of change of a model's files.
 */
export async function fingerprintOf(path: string): Promise<string> {
  const files = await filesOfModel(path);
  const states = await Promise.all(
    files.map(async (file) => {
      try {
        const { size, mtimeMs } = await stat(file);
        return `${relative(path, file).replaceAll(sep, '/')}\0${size}\0${mtimeMs}\n`;
      } catch (error) {
        throw fileError(error, file, 'read');
      }
    }),
  );
  return createHash('sha256').update(states.join('')).digest('hex');
}

/** The files that make up what a path names; in a model folder, what lies beside its parts does not count. */
async function filesOfModel(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory())
      return (await isOnnxFile(path)) ? [...(await describeOnnx(path)).files].sort() : [path];
    const files = await weightFilesOf(path);
    if (files.some((file) => file.endsWith('.safetensors'))) return files;
    const exported = await exportsIn(path);
    return exported.length === 0 ? files : exported.flatMap((file) => file.files).sort();
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}

async function weightFilesOf(folder: string): Promise<string[]> {
  if (!(await isModelFolder(folder))) return plainFiles(folder);
  const folders = (await readdir(folder)).filter((entry) => modelFolders.has(entry));
  const inside = await Promise.all(folders.map((part) => plainFiles(join(folder, part))));
  return [join(folder, 'model_index.json'), ...inside.flat()].sort();
}

async function plainFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  // Followed through links: caches of Hugging Face link every file to a folder of blobs.
  const areFiles = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).isFile()));
  return names.filter((_, i) => areFiles[i]).map((name) => join(folder, name));
}
