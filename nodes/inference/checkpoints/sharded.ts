import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { LacksPart } from './architecture.ts';
import { foreignFileAt, foreignName, weightsName } from './foreign-files.ts';
import { readJsonObject } from './json-file.ts';
import { readSafetensors, type SafetensorsFile } from './safetensors.ts';
import type { WeightSource } from './weights.ts';
import { counted, fileError, listed, quoted } from './wording.ts';

/** All tensors of a part, from one file or from the shards of a folder. */
export interface TensorSet {
  readonly tensors: ReadonlyMap<string, WeightSource>;
  /** Absolute paths of the files that hold them. */
  readonly files: readonly string[];
}

/** The list of a part's shards; variants such as fp16 have one of their own. */
export const indexName = /\.safetensors\.index(?:\.\w+)?\.json$/;
/** A file of several, such as `model-00001-of-00003.safetensors`; a variant stands before or after the number. */
export const shardName = /^(.+?)(\.\w+)?-\d{5}-of-(?!00001\.)(\d{5})(\.\w+)?\.safetensors$/;
/** Whether a file is one of several that make up a part, or their list. */
export const isOfShards = (name: string): boolean => indexName.test(name) || shardName.test(name);
/** What diffusers and transformers write, in the order they are looked for. */
const usualNames = [
  'diffusion_pytorch_model.safetensors',
  'model.safetensors',
  'diffusion_pytorch_model.safetensors.index.json',
  'model.safetensors.index.json',
];

/**
 * Reads the header or headers behind a path: a safetensors file, the index of several, or
 * a folder with either.
 *
 * @throws UserError where nothing or more than one candidate is there, or shards are missing
 */
export async function readTensorSet(path: string): Promise<TensorSet> {
  let directory: boolean;
  try {
    directory = (await stat(path)).isDirectory();
  } catch (error) {
    throw fileError(error, path, 'read');
  }
  const file = resolve(path, directory ? await candidateIn(path) : '');
  if (indexName.test(file)) return readShards(file);
  const { tensors } = await readSafetensors(file);
  return { tensors, files: [file] };
}

async function candidateIn(folder: string): Promise<string> {
  const names = (await namesIn(folder)).filter((name) => !name.startsWith('.'));
  const usual = usualNames.find((name) => names.includes(name));
  if (usual !== undefined) return usual;
  const indexes = names.filter((name) => indexName.test(name));
  const files = names.filter((name) => weightsName.test(name));
  if (indexes.length === 0) refuseLooseShards(folder, files);
  const candidates = indexes.length > 0 ? indexes : files;
  const [only] = candidates;
  if (only === undefined) {
    const other = names.find((name) => foreignName.test(name));
    const foreign = other === undefined ? undefined : await foreignFileAt(join(folder, other));
    if (other !== undefined && foreign) {
      throw new UserError(
        `The folder ${folder} holds no .safetensors file; its ${quoted(other)} is ${foreign.what}, which is not read.`,
        { hint: foreign.instead },
      );
    }
    throw new LacksPart(`The folder ${folder} holds no .safetensors file.`, {
      hint: 'Choose the folder or the file that holds the weights.',
    });
  }
  if (candidates.length > 1) {
    throw new UserError(
      `The folder ${folder} holds ${candidates.length} sets of weights: ${listed(candidates)}.`,
      {
        hint: 'Choose one of the files.',
      },
    );
  }
  return only;
}

/** Which file holds what is told by the index alone; without it none could say whether all are there. */
function refuseLooseShards(folder: string, files: readonly string[]): void {
  for (const file of files) {
    const [, base, before = '', count, after = ''] = shardName.exec(file) ?? [];
    if (base === undefined) continue;
    const index = `${base}.safetensors.index${before || after}.json`;
    throw new UserError(
      `The folder ${folder} holds a model in ${Number(count)} files without the index that lists them.`,
      { hint: `Download ${quoted(index)} into the same folder.` },
    );
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw fileError(error, folder, 'read');
  }
}

async function readShards(indexFile: string): Promise<TensorSet> {
  const shardOf = await readIndex(indexFile);
  const folder = dirname(indexFile);
  const shards = [...new Set(shardOf.values())].sort();
  const present = new Set(await namesIn(folder));
  const absent = shards.filter((shard) => !present.has(shard));
  if (absent.length > 0) {
    throw new UserError(
      `${counted(absent.length, 'file')} of the ${shards.length} that ${indexFile} lists ${absent.length === 1 ? 'is' : 'are'} missing: ${listed(absent)}.`,
      { hint: 'Download the missing files into the same folder.' },
    );
  }
  const opened = new Map<string, SafetensorsFile>();
  for (const shard of shards) opened.set(shard, await readSafetensors(join(folder, shard)));

  const tensors = new Map<string, WeightSource>();
  const lost: string[] = [];
  for (const [name, shard] of shardOf) {
    const source = opened.get(shard)?.tensors.get(name);
    if (source === undefined) lost.push(name);
    else tensors.set(name, source);
  }
  if (lost.length > 0) {
    throw new UserError(
      `${indexFile} lists ${counted(lost.length, 'tensor')} that the named files do not hold: ${listed(lost)}.`,
      { hint: 'The index and the files belong to different versions; download all of them again.' },
    );
  }
  return { tensors, files: shards.map((shard) => join(folder, shard)) };
}

/** Tensor name → file name beside the index. The index is untrusted: it may name no other folder. */
async function readIndex(indexFile: string): Promise<Map<string, string>> {
  const map = (await readJsonObject(indexFile))?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new UserError(`${indexFile} has no "weight_map".`, { hint: 'Download the index again.' });
  }
  const shardOf = new Map<string, string>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !/^[^/\\:\0]+\.safetensors$/.test(shard)) {
      const shown = typeof shard === 'string' ? quoted(shard) : typeof shard;
      throw new UserError(
        `${indexFile} names ${shown} for tensor ${quoted(name)}, which is no .safetensors file beside it.`,
        { hint: 'Download the index again from a source you trust.' },
      );
    }
    shardOf.set(name, shard);
  }
  return shardOf;
}
