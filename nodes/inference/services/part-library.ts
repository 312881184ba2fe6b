import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { FileReference, PartReference } from '../../core/values.ts';
import type { PartKind } from '../checkpoints/architecture.ts';
import { bytesOfModel, fingerprintOf, sha256OfModel } from '../checkpoints/file-hash.ts';
import { type OpenedPart, openPart } from '../checkpoints/model-folder.ts';
import { tokenizerNear } from '../checkpoints/nearby.ts';
import type { ModelRegistry } from '../checkpoints/registry.ts';
import { fileError, isMissing } from '../checkpoints/wording.ts';
import { vocabularySizeIn } from '../qwen3/tokenizer-files.ts';

/** A part that was opened, and what tells it from every other state of itself. */
export interface KnownPart<K extends PartKind> {
  readonly opened: OpenedPart<K>;
  /** Name, part and state of the files: the key of sessions made from it. */
  readonly key: string;
}

/** Bytes between two reports of reading; a share of them all where that is more. */
const TELL_BYTES = 2 ** 26;
const TELL_SHARE = 0.01;

export interface ReadingRun {
  readonly signal?: AbortSignal;
  /** Bytes read so far, and in all. */
  readonly onRead?: (done: number, total: number) => void;
}

const registryKinds = { transformer: 'model', 'text-encoder': 'text-encoder', vae: 'vae' } as const;

/**
 * Opens parts by the names workflows use and keeps what was opened, so that a recipe on a wire leads
 * back to its weights without reading headers again.
 */
export class PartLibrary {
  readonly #registry: ModelRegistry;
  readonly #roots: readonly string[];
  readonly #opened = new Map<string, Promise<KnownPart<PartKind>>>();
  readonly #recipes = new Map<string, KnownPart<PartKind>>();
  /** By key: what a person calls a part that was opened. */
  readonly #names = new Map<string, { readonly part: PartKind; readonly name: string }>();

  constructor(registry: ModelRegistry, roots: readonly string[]) {
    this.#registry = registry;
    this.#roots = roots;
  }

  /**
   * @param name as in a workflow; a whole model may stand for any of its parts
   * @throws UserError where there is no such file, or it holds something else
   */
  async open<K extends PartKind>(
    part: K,
    reference: { readonly name: string; readonly sha256?: string },
  ): Promise<KnownPart<K>> {
    const path = await this.#pathOf(part, reference);
    const key = `${part} ${path} ${await fingerprintOf(path)}`;
    const known = this.#opened.get(key) ?? openPart(path, part).then((opened) => ({ opened, key }));
    this.#opened.set(key, known);
    this.#names.set(key, { part, name: reference.name });
    try {
      // Keyed by `part`, so the kind is the one asked for.
      return (await known) as KnownPart<K>;
    } catch (error) {
      this.#opened.delete(key);
      throw error;
    }
  }

  /** What the key of a session was made from: its part, and its name in workflows. */
  describe(key: string): { readonly part: PartKind; readonly name: string } | undefined {
    return [...this.#names].find(([known]) => key.startsWith(known))?.[1];
  }

  /**
   * The part a recipe stands for. What was opened in this process is taken as it was then: whether
   * files changed since is asked once per run, where the model is loaded.
   */
  async recall<K extends PartKind>(part: K, { file }: PartReference): Promise<KnownPart<K>> {
    const known = this.#recipes.get(recipeKey(part, file));
    return known ? (known as KnownPart<K>) : this.open(part, file);
  }

  /**
   * Reads files that were never read here in full, so that their content is known: 20 GB of a model take a
   * minute, once.
   * @throws UserError where they cannot be read; the signal's reason when it aborts
   */
  async readOnce(
    named: readonly { readonly part: PartKind; readonly name: string }[],
    { signal, onRead }: ReadingRun,
  ): Promise<void> {
    const paths = new Set<string>();
    for (const { part, name } of named) paths.add(await this.#pathOf(part, { name }));
    let total = 0;
    for (const path of paths) total += await bytesOfModel(path);
    let done = 0;
    let told = 0;
    const note = (bytes: number) => {
      signal?.throwIfAborted();
      done += bytes;
      if (done - told < Math.max(TELL_BYTES, total * TELL_SHARE)) return;
      told = done;
      onRead?.(done, total);
    };
    for (const path of paths) await sha256OfModel(path, note);
  }

  /** The recipe's way to name a part. */
  async referenceOf<K extends PartKind>(name: string, part: K, known: KnownPart<K>): Promise<PartReference> {
    const file = await this.fileReference(name, part);
    this.#recipes.set(recipeKey(part, file), known);
    return { file, layout: known.opened.layout };
  }

  async fileReference(name: string, part: PartKind): Promise<FileReference> {
    return { name, sha256: await sha256OfModel(await this.#pathOf(part, { name })) };
  }

  /**
   * The tokenizer of a text encoder: beside it, or the one below the model folders that fits its
   * vocabulary, such as that of another encoder (ComfyUI's single files come without one).
   * @throws UserError
   */
  async tokenizerFolder({ tokenizerFolder, config, files }: OpenedPart<'text-encoder'>): Promise<string> {
    if (tokenizerFolder !== undefined) return tokenizerFolder;
    for (const root of this.#roots)
      for (const folder of await tokenizerPlaces(root))
        if (await fitsVocabulary(folder, config.vocabularySize)) return folder;
    for (const { path, isFolder } of await this.#registry.list('text-encoder')) {
      const folder = await tokenizerNear(isFolder ? path : dirname(path));
      if (folder !== undefined && (await fitsVocabulary(folder, config.vocabularySize))) return folder;
    }
    throw new UserError(
      `The text encoder ${files[0]} comes without a tokenizer, and no folder of models holds one with its ${config.vocabularySize} tokens.`,
      {
        hint: 'Put the folder “tokenizer” of Z-Image-Turbo or Qwen3-4B beside it: tokenizer.json, or vocab.json and merges.txt.',
      },
    );
  }

  /** A whole model may be named wherever one of its parts is asked for. */
  async #pathOf(
    part: PartKind,
    reference: { readonly name: string; readonly sha256?: string },
  ): Promise<string> {
    return this.#registry.resolve(registryKinds[part], reference);
  }
}

const recipeKey = (part: PartKind, { name, sha256 }: FileReference): string => `${part} ${sha256} ${name}`;

/** Whether a folder holds a tokenizer of this size. A damaged one may be any other model's and is passed over. */
async function fitsVocabulary(folder: string, size: number): Promise<boolean> {
  try {
    const entries = await vocabularySizeIn(folder);
    // The embedding table is rounded up to a multiple that suits its training.
    return entries !== undefined && entries <= size && entries > size * 0.95;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** Where tokenizers are kept below a folder of models: beside the encoders, or in a whole model. */
async function tokenizerPlaces(root: string): Promise<string[]> {
  let models: string[];
  try {
    const entries = await readdir(root, { withFileTypes: true });
    models = entries
      .filter((entry) => !entry.name.startsWith('.') && !entry.isFile())
      .map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw fileError(error, root, 'read');
  }
  const inModels = models.slice(0, MOST_MODELS).map((name) => join(root, name, 'tokenizer'));
  return [join(root, 'tokenizer'), join(root, 'text_encoders', 'tokenizer'), root, ...inModels];
}

const MOST_MODELS = 200;
