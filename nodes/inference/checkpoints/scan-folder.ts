import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { FileKind } from '../../core/inputs.ts';
import { describeOnnx } from '../foreign/describe.ts';
import { exportsIn } from '../foreign/find-exports.ts';
import { beginsAsSafetensors, foreignFileAt, foreignName, weightsName } from './foreign-files.ts';
import { detectPart } from './layouts.ts';
import { lackingPart, modelFolders, partFolders } from './model-folder.ts';
import { isOfShards, readTensorSet, shardName } from './sharded.ts';
import { fileError, isMissing } from './wording.ts';

/** A model, part or adapter found on disk. */
export interface FoundFile {
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  /** What it can be used as; none where `problem` says why. */
  readonly kinds: readonly Exclude<FileKind, 'image'>[];
  readonly problem?: string;
  /** What to do about the problem. */
  readonly hint?: string;
}

/** Deep enough for the caches of Hugging Face, and an end to links that lead in a circle. */
const maxDepth = 8;
const maxEntries = 100_000;

const partKindOf = { transformer: 'model', 'text-encoder': 'text-encoder', vae: 'vae' } as const;

/** Remembered until size or time of change differ, so that listing again reads no headers. */
const known = new Map<string, { readonly state: string; readonly file: FoundFile }>();

/**
 * All models, parts and adapters below a folder, told by their content. Hidden folders are left
 * out; a root that does not exist holds nothing.
 */
export async function scanFolder(root: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const pending: { path: string; depth: number }[] = [{ path: root, depth: 0 }];
  let seen = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, depth } = next;
    let entries: Entry[];
    try {
      entries = await entriesOf(path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (depth > 0 || !isMissing(error.cause)) found.push(unusable(path, true, error));
      continue;
    }
    seen += entries.length;
    if (seen > maxEntries) {
      throw new UserError(`The folder ${root} holds more than ${maxEntries} files.`, {
        hint: 'Register the folder of the models itself, not one far above it.',
      });
    }
    const names = new Set(entries.map(({ name }) => name));
    const isModel = names.has('model_index.json');
    const isSharded = [...names].some(isOfShards);
    const exported = isModel ? await exportedModelAt(path) : undefined;
    if (exported) found.push(exported);
    else if (isModel) found.push(...(await modelAt(path, names)));
    if (isSharded) found.push(await inspectPlace(path, true));
    for (const { name, isFolder } of entries) {
      const inside = join(path, name);
      if (isFolder && depth < maxDepth && !(isModel && !exported && modelFolders.has(name))) {
        pending.push({ path: inside, depth: depth + 1 });
      }
      if (!isFolder && weightsName.test(name) && !shardName.test(name)) {
        found.push(await inspectPlace(inside, false));
      }
      if (!isFolder && foreignName.test(name)) {
        const file = await inspectForeign(inside);
        if (file) found.push(file);
      }
      if (!isFolder && name.toLowerCase().endsWith('.onnx')) {
        const file = await inspectOnnx(inside);
        if (file) found.push(file);
      }
    }
  }
  return found;
}

/** A folder in diffusers' arrangement whose transformer is an ONNX file; undefined where it is not. */
async function exportedModelAt(folder: string): Promise<FoundFile | undefined> {
  const files = await exportsIn(folder);
  if (!files.some(({ kind }) => kind === 'transformer')) return undefined;
  const bytes = await totalBytes(files.flatMap((file) => file.files));
  return { path: folder, isFolder: true, bytes, kinds: ['model'] };
}

const onnxKinds = { transformer: 'model', 'text-encoder': 'text-encoder', 'vae-decoder': 'vae' } as const;

/** An ONNX file on its own; undefined for those an export needs beside its parts. */
async function inspectOnnx(path: string): Promise<FoundFile | undefined> {
  try {
    const { kind, why, problem, files } = await describeOnnx(path);
    if (kind === 'helper' || kind === 'vae-encoder') return undefined;
    const place = { path, isFolder: false, bytes: await totalBytes(files) };
    if (kind === 'unknown')
      return { ...place, kinds: [], problem: problem ?? `${path} ${why ?? 'is of no known kind'}.` };
    return { ...place, kinds: [onnxKinds[kind]] };
  } catch (error) {
    if (error instanceof UserError) return unusable(path, false, error);
    throw error;
  }
}

/** What lies under a name that models of other formats have; undefined where it is no model at all. */
async function inspectForeign(path: string): Promise<FoundFile | undefined> {
  try {
    if (await beginsAsSafetensors(path)) return inspectPlace(path, false);
    const foreign = await foreignFileAt(path);
    if (!foreign) return undefined;
    const { size } = await stat(path);
    const problem = `${path} is ${foreign.what}, which is not read.`;
    return { path, isFolder: false, bytes: size, kinds: [], problem, hint: foreign.instead };
  } catch (error) {
    if (error instanceof UserError) return unusable(path, false, error);
    throw error;
  }
}

/**
 * A diffusers folder: the whole, and its text encoder and VAE for use with other transformers. One that
 * lacks these is a model still: files elsewhere can stand in for them.
 */
async function modelAt(folder: string, names: ReadonlySet<string>): Promise<FoundFile[]> {
  const parts: FoundFile[] = [];
  for (const name of Object.values(partFolders)) {
    if (names.has(name)) parts.push(await inspectPlace(join(folder, name), true));
  }
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const broken = parts.find((part) => part.problem !== undefined);
  const fault =
    broken ?? (names.has(partFolders.transformer) ? {} : told(lackingPart(folder, 'transformer')));
  const whole: FoundFile = {
    ...fault,
    path: folder,
    isFolder: true,
    bytes,
    kinds: fault.problem === undefined ? ['model'] : [],
  };
  return [whole, ...parts.filter((part) => part.kinds.some((kind) => kind !== 'model'))];
}

async function inspectPlace(path: string, isFolder: boolean): Promise<FoundFile> {
  try {
    const state = isFolder ? await stateOfFolder(path) : await stateOfFile(path);
    const remembered = known.get(path);
    if (remembered?.state === state) return remembered.file;
    const { tensors, files } = await readTensorSet(path);
    const detection = detectPart(tensors);
    const bytes = await totalBytes(files);
    const place = { path, isFolder, bytes };
    let file: FoundFile;
    if (detection.kind === 'parts') {
      file = { ...place, kinds: [...new Set(detection.parts.map(({ part }) => partKindOf[part]))] };
    } else if (detection.kind === 'adapter') {
      file = { ...place, kinds: ['adapter'] };
    } else {
      file = { ...place, kinds: [], problem: `${path} ${detection.why}.` };
    }
    known.set(path, { state, file });
    return file;
  } catch (error) {
    // One broken file must not hide the others: it is listed with its reason.
    if (error instanceof UserError) return unusable(path, isFolder, error);
    throw error;
  }
}

const unusable = (path: string, isFolder: boolean, error: UserError): FoundFile => ({
  path,
  isFolder,
  bytes: 0,
  kinds: [],
  ...told(error),
});

/** An error as part of a description. */
const told = ({ message, hint }: UserError): Pick<FoundFile, 'problem' | 'hint'> => ({
  problem: message,
  ...(hint !== undefined && { hint }),
});

async function stateOfFile(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size} ${mtimeMs}`;
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}

async function stateOfFolder(path: string): Promise<string> {
  const states: string[] = [];
  for (const { name, isFolder } of await entriesOf(path)) {
    if (!isFolder) states.push(`${name} ${await stateOfFile(join(path, name))}`);
  }
  return states.join('\n');
}

async function totalBytes(files: readonly string[]): Promise<number> {
  let total = 0;
  for (const file of files) total += (await stat(file)).size;
  return total;
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Files and folders that are not hidden, sorted; links count as what they lead to. */
async function entriesOf(folder: string): Promise<Entry[]> {
  let listing: Dirent[];
  try {
    listing = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw fileError(error, folder, 'read');
  }
  const entries: Entry[] = [];
  for (const entry of listing) {
    if (entry.name.startsWith('.')) continue;
    const isFolder = entry.isSymbolicLink()
      ? await leadsToFolder(join(folder, entry.name))
      : entry.isDirectory();
    entries.push({ name: entry.name, isFolder });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function leadsToFolder(link: string): Promise<boolean> {
  try {
    return (await stat(link)).isDirectory();
  } catch (error) {
    // A link to nothing is met again, and told, when it is read as a file.
    if (isMissing(error)) return false;
    throw fileError(error, link, 'read');
  }
}
