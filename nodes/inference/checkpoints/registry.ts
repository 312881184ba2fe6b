import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { FileKind } from '../../core/inputs.ts';
import { sha256OfFile, sha256OfModel } from './file-hash.ts';
import { isModelFolder } from './model-folder.ts';
import { checkRegisteredName } from './registered-name.ts';
import { type FoundFile, scanFolder } from './scan-folder.ts';
import { isOfShards } from './sharded.ts';
import { isMissing, listed, quoted } from './wording.ts';

export type ModelFileKind = Exclude<FileKind, 'image'>;

/** A file or model folder below a registered root. */
export interface RegisteredFile {
  readonly kind: ModelFileKind;
  /** Relative to its root, with forward slashes. */
  readonly name: string;
  /** Absolute path; never written to a document. */
  readonly path: string;
  readonly bytes: number;
  readonly isFolder: boolean;
}

/** As found below a registered root, under the name workflows use. */
export interface NamedFile extends FoundFile {
  readonly name: string;
}

/**
 * The model files a workflow may name: all that lies below the registered folders, be it diffusers
 * folders, part folders or single files in any arrangement, such as ComfyUI's `models` folder.
 */
export class ModelRegistry {
  readonly #roots: readonly string[];

  /** @param roots absolute paths; of two files with one name the first root's counts */
  constructor(roots: readonly string[]) {
    this.#roots = roots.map((root) => resolve(root));
  }

  /** What there is of one kind, by name. A checkpoint with several parts is listed under each kind. */
  async list(kind: ModelFileKind): Promise<readonly RegisteredFile[]> {
    const byName = new Map<string, RegisteredFile>();
    for (const root of this.#roots) {
      const base = await baseOf(root);
      for (const found of await scanFolder(root)) {
        const name = relative(base, found.path).split(sep).join('/');
        if (found.kinds.includes(kind) && !byName.has(name)) byName.set(name, registered(kind, name, found));
      }
    }
    return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * All that lies below the folders, by name: a checkpoint with several parts once, and with a problem
   * what looks like a model and cannot be used.
   */
  async all(): Promise<readonly NamedFile[]> {
    const byName = new Map<string, NamedFile>();
    for (const root of this.#roots) {
      const base = await baseOf(root);
      for (const found of await scanFolder(root)) {
        const name = relative(base, found.path).split(sep).join('/');
        if (!byName.has(name)) byName.set(name, { name, ...found });
      }
    }
    return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Files below the roots that look like models but cannot be used, each with the reason. */
  async problems(): Promise<readonly { readonly path: string; readonly message: string; hint?: string }[]> {
    const all: { path: string; message: string; hint?: string }[] = [];
    for (const root of this.#roots) {
      for (const { path, problem, hint } of await scanFolder(root)) {
        if (problem !== undefined) all.push({ path, message: problem, ...(hint !== undefined && { hint }) });
      }
    }
    return all;
  }

  /**
   * Absolute path of what a workflow names.
   *
   * @param reference by name, and where its content is known by SHA-256: a file that was renamed or
   *   moved is then found again by its content
   * @throws UserError for a name that leaves the roots, or a file that is not there (with near names)
   */
  async resolve(
    kind: ModelFileKind,
    reference: { readonly name: string; readonly sha256?: string },
  ): Promise<string> {
    const path = await this.#find(reference.name);
    if (path !== undefined) return path;
    const candidates = await this.list(kind);
    if (reference.sha256 !== undefined) {
      const found = await byContent(candidates, reference.sha256.toLowerCase());
      if (found !== undefined) return found.path;
    }
    throw new UserError(`There is no ${kindNames[kind]} ${quoted(reference.name)} in the model folders.`, {
      hint: hintFor(reference.name, candidates, kind),
    });
  }

  /**
   * Absolute path of whatever bears a name, usable or not.
   * @throws UserError for a name that leaves the roots, or where there is nothing
   */
  async pathOf(name: string): Promise<string> {
    const path = await this.#find(name);
    if (path !== undefined) return path;
    throw new UserError(`${quoted(name)} is not in the model folders any more.`, {
      hint: 'Refresh the list.',
    });
  }

  async #find(name: string): Promise<string | undefined> {
    checkRegisteredName(name);
    for (const root of this.#roots) {
      const path = resolve(await baseOf(root), ...name.split('/'));
      if (isInside(root, path) && (await exists(path))) return path;
    }
    return undefined;
  }

  /** The name a path has in a workflow, or undefined where it lies below no root. */
  async nameOf(path: string): Promise<string | undefined> {
    const absolute = resolve(path);
    for (const root of this.#roots) {
      if (isInside(root, absolute))
        return relative(await baseOf(root), absolute)
          .split(sep)
          .join('/');
    }
    return undefined;
  }
}

const kindNames: Readonly<Record<ModelFileKind, string>> = {
  model: 'model',
  'text-encoder': 'text encoder',
  vae: 'VAE',
  adapter: 'adapter',
};

const registered = (
  kind: ModelFileKind,
  name: string,
  { path, bytes, isFolder }: FoundFile,
): RegisteredFile => ({
  kind,
  name,
  path,
  bytes,
  isFolder,
});

/** A root that is itself one model, or shards of one, is called by its own name; names below others start at the root. */
const baseOf = async (root: string): Promise<string> =>
  (await isModelFolder(root)) || (await holdsShards(root)) ? dirname(root) : root;

/** A root that cannot be read holds nothing to name; why is told where it is listed. */
const holdsShards = (root: string): Promise<boolean> =>
  readdir(root).then(
    (names) => names.some(isOfShards),
    () => false,
  );

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(root, way) === path);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Smallest first, since every candidate has to be read in full. */
async function byContent(
  candidates: readonly RegisteredFile[],
  sha256: string,
): Promise<RegisteredFile | undefined> {
  for (const candidate of candidates.toSorted((a, b) => a.bytes - b.bytes)) {
    const hash = candidate.isFolder ? sha256OfModel : sha256OfFile;
    if ((await hash(candidate.path)) === sha256) return candidate;
  }
  return undefined;
}

function hintFor(name: string, candidates: readonly RegisteredFile[], kind: ModelFileKind): string {
  if (candidates.length === 0) {
    return `The model folders hold no ${kindNames[kind]}; put one there or register another folder.`;
  }
  const wanted = basename(name).toLowerCase();
  const near = candidates
    .map((candidate) => ({
      name: candidate.name,
      distance: distanceOf(wanted, basename(candidate.name).toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance);
  return `Put the file there, register its folder, or choose one of: ${listed(near.map((entry) => entry.name))}.`;
}

/** Letter pairs that two names do not share, relative to all: 0 = the same, 1 = nothing in common. */
function distanceOf(a: string, b: string): number {
  const pairs = (text: string) =>
    new Set(Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2)));
  const [first, second] = [pairs(a), pairs(b)];
  const shared = [...first].filter((pair) => second.has(pair)).length;
  return 1 - (2 * shared) / Math.max(1, first.size + second.size);
}
