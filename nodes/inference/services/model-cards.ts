import { UserError } from '../../core/errors.ts';
import { summariseAdapter } from '../checkpoints/adapter-summary.ts';
import type { PartKind } from '../checkpoints/architecture.ts';
import { fingerprintOf } from '../checkpoints/file-hash.ts';
import { holdsPart, isModelFolder, type OpenedPart, openPart } from '../checkpoints/model-folder.ts';
import type { ModelFileKind, ModelRegistry, NamedFile } from '../checkpoints/registry.ts';
import { readTensorSet } from '../checkpoints/sharded.ts';
import type { WeightSource } from '../checkpoints/weights.ts';
import type { PartLibrary } from './part-library.ts';

/** A part a file needs beside itself. */
export interface MissingPart {
  readonly part: 'text-encoder' | 'vae' | 'tokenizer';
  /** Names of registered files that would do. */
  readonly fits: readonly string[];
}

/** What a person wants to know of a model file before using it; read from headers only. */
export interface ModelCard {
  readonly name: string;
  /** What it can be used as; none where `problem` says why. */
  readonly kinds: readonly ModelFileKind[];
  readonly bytes: number;
  /** Name of the model folder this is a part of. */
  readonly within?: string;
  /** Architecture and naming of each part, such as `zimage/comfyui`. */
  readonly layouts: readonly string[];
  /** Element types of its tensors, most bytes first. */
  readonly dtypes: readonly string[];
  readonly adapter?: {
    readonly families: readonly string[];
    readonly modules: number;
    readonly ranks: readonly number[];
  };
  /** What it still needs to be of use. */
  readonly missing: readonly MissingPart[];
  readonly problem?: string;
  /** What to do about the problem. */
  readonly hint?: string;
}

const partOf = { model: 'transformer', 'text-encoder': 'text-encoder', vae: 'vae' } as const;

/** One file with its parts opened, as far as they can be. */
interface Entry {
  readonly file: NamedFile;
  readonly parts: readonly OpenedPart[];
  readonly tensors: readonly WeightSource[];
  readonly adapter?: ModelCard['adapter'];
  readonly problem?: string | undefined;
  readonly hint?: string | undefined;
}

/** Describes the files of a registry; headers that did not change are not read again. */
export class ModelCards {
  readonly #registry: ModelRegistry;
  readonly #library: PartLibrary;
  readonly #known = new Map<string, { readonly state: string; readonly entry: Entry }>();

  constructor(registry: ModelRegistry, library: PartLibrary) {
    this.#registry = registry;
    this.#library = library;
  }

  async list(): Promise<ModelCard[]> {
    const entries: Entry[] = [];
    for (const file of await this.#registry.all()) entries.push(await this.#entryOf(file));
    const wholes = entries.filter(({ file, parts }) => file.isFolder && parts.length > 1);
    const wholeOf = (name: string) => wholes.find(({ file }) => name.startsWith(`${file.name}/`));
    const cards: ModelCard[] = [];
    for (const entry of entries) {
      const { file, parts, tensors, adapter, problem, hint } = entry;
      const within = adapter ? undefined : wholeOf(file.name)?.file.name;
      cards.push({
        name: file.name,
        kinds: problem === undefined ? file.kinds : [],
        bytes: file.bytes,
        ...(within !== undefined && { within }),
        layouts: [...new Set(parts.map(({ layout }) => layout))],
        dtypes: dtypesOf(tensors),
        ...(adapter && { adapter }),
        missing: problem === undefined ? await this.#missing(entry, entries, wholeOf) : [],
        ...(problem !== undefined && { problem }),
        ...(hint !== undefined && { hint }),
      });
    }
    return cards;
  }

  async #entryOf(file: NamedFile): Promise<Entry> {
    const { problem, hint } = file;
    if (problem !== undefined) return { file, parts: [], tensors: [], problem, hint };
    try {
      const state = await fingerprintOf(file.path);
      const known = this.#known.get(file.path);
      if (known?.state === state) return { ...known.entry, file };
      const entry = await read(file);
      this.#known.set(file.path, { state, entry });
      return entry;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { file, parts: [], tensors: [], problem: error.message, hint: error.hint };
    }
  }

  /** Names of files that would do for a part that a model does not bring itself. */
  async fitting(model: string, part: MissingPart['part']): Promise<readonly string[]> {
    const card = (await this.list()).find(({ name }) => name === model);
    return card?.missing.find((missing) => missing.part === part)?.fits ?? [];
  }

  async #missing(
    { parts }: Entry,
    all: readonly Entry[],
    wholeOf: (name: string) => Entry | undefined,
  ): Promise<MissingPart[]> {
    const own = <K extends PartKind>(part: K) => find(parts, part);
    const missing: MissingPart[] = [];
    const transformer = own('transformer');
    const encoder = own('text-encoder');
    if (transformer) {
      const { captionDim, inChannels } = transformer.config;
      const fitting = <K extends 'text-encoder' | 'vae'>(part: K, fits: (found: OpenedPart<K>) => boolean) =>
        all.flatMap(({ file, parts: others }) => {
          // A whole model is chosen by its part's own name; what belongs to another model speaks its own language.
          const owner = find(wholeOf(file.name)?.parts ?? others, 'transformer');
          if (!file.kinds.includes(part) || (owner && !isAlike(owner, transformer))) return [];
          const found = find(others, part);
          return found && fits(found) ? [file.name] : [];
        });
      if (!encoder)
        missing.push({
          part: 'text-encoder',
          fits: fitting('text-encoder', ({ config }) => config.hiddenSize === captionDim),
        });
      if (!own('vae'))
        missing.push({
          part: 'vae',
          fits: fitting('vae', ({ config }) => config.latentChannels === inChannels),
        });
    }
    if (encoder && !(await this.#hasTokenizer(encoder))) missing.push({ part: 'tokenizer', fits: [] });
    return missing;
  }

  async #hasTokenizer(encoder: OpenedPart<'text-encoder'>): Promise<boolean> {
    try {
      await this.#library.tokenizerFolder(encoder);
      return true;
    } catch (error) {
      if (error instanceof UserError) return false;
      throw error;
    }
  }
}

const find = <K extends PartKind>(parts: readonly OpenedPart[], part: K): OpenedPart<K> | undefined =>
  // Keyed by `part`, so the kind is the one asked for.
  parts.find((opened) => opened.part === part) as OpenedPart<K> | undefined;

/** Whether a transformer is the other one, or a fine-tune of it. */
const isAlike = (
  { config: a }: OpenedPart<'transformer'>,
  { config: b }: OpenedPart<'transformer'>,
): boolean =>
  a.dim === b.dim && a.layers === b.layers && a.captionDim === b.captionDim && a.inChannels === b.inChannels;

async function read(file: NamedFile): Promise<Entry> {
  if (file.kinds.includes('adapter')) {
    const { tensors } = await readTensorSet(file.path);
    const { families, modules, ranks } = summariseAdapter(tensors);
    return {
      file,
      parts: [],
      tensors: [...tensors.values()],
      adapter: { families: families.map(({ family }) => family), modules, ranks },
    };
  }
  const kinds = file.isFolder && file.kinds.join() === 'model' ? await partsIn(file) : file.kinds;
  const parts: OpenedPart[] = [];
  for (const kind of kinds) if (kind !== 'adapter') parts.push(await openPart(file.path, partOf[kind]));
  if (parts[0]?.ready && kinds[0] === 'model') parts.push(...(await partsBeside(file.path, parts)));
  return { file, parts, tensors: parts.flatMap(({ weights }) => [...weights.values()]) };
}

/** What an exported transformer finds by itself: the other parts of its export, where they are. */
async function partsBeside(path: string, known: readonly OpenedPart[]): Promise<OpenedPart[]> {
  const found: OpenedPart[] = [];
  for (const part of ['text-encoder', 'vae'] as const) {
    if (find(known, part)) continue;
    try {
      found.push(await openPart(path, part));
    } catch (error) {
      // A part that is not there is told as missing.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return found;
}

/** What a folder that was found to be a model brings: more than a transformer where it is a whole one. */
async function partsIn({ path }: NamedFile): Promise<readonly ModelFileKind[]> {
  const kinds: ModelFileKind[] = ['model'];
  if (!(await isModelFolder(path))) return kinds;
  for (const kind of ['text-encoder', 'vae'] as const) if (await holdsPart(path, kind)) kinds.push(kind);
  return kinds;
}

function dtypesOf(tensors: readonly WeightSource[]): string[] {
  const bytes = new Map<string, number>();
  for (const { dtype, byteLength } of tensors) bytes.set(dtype, (bytes.get(dtype) ?? 0) + byteLength);
  return [...bytes].sort(([, a], [, b]) => b - a).map(([dtype]) => dtype);
}
