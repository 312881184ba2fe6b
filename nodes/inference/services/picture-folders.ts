import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { ListedFile } from '../../execution/services.ts';
import { checkRegisteredName } from '../checkpoints/registered-name.ts';

const PICTURE = /\.(png|jpe?g|webp)$/i;
const MAX_DEPTH = 4;

/** The folders whose pictures a workflow may read; a name is looked up in each, first folder first. */
export class PictureFolders {
  readonly #roots: readonly string[];

  constructor(roots: readonly string[]) {
    this.#roots = roots.map((root) => resolve(root));
  }

  async list(): Promise<readonly ListedFile[]> {
    const files = new Map<string, ListedFile>();
    for (const root of this.#roots)
      for (const path of await picturesBelow(root, MAX_DEPTH)) {
        const name = relative(root, path).split(sep).join('/');
        if (!files.has(name)) files.set(name, { kind: 'image', name, bytes: (await stat(path)).size });
      }
    return [...files.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
  }

  /**
   * Absolute path of a picture.
   * @throws UserError for a name that would lead out of the folders, also through a link, or is not there
   */
  async resolve(name: string): Promise<string> {
    checkRegisteredName(name);
    if (!PICTURE.test(name))
      throw new UserError(`${name} is not a picture Kronode reads.`, { hint: 'Use PNG, JPEG or WebP.' });
    for (const root of this.#roots) {
      const path = join(root, ...name.split('/'));
      const [realRoot, realPath] = await Promise.all([realOf(root), realOf(path)]);
      if (realRoot !== undefined && realPath?.startsWith(realRoot + sep)) return path;
    }
    const known = (await this.list()).slice(0, 10).map((file) => file.name);
    throw new UserError(`There is no picture ${name} in the picture folders.`, {
      hint: known.length > 0 ? `There are: ${known.join(', ')}.` : 'Put it there, or register its folder.',
    });
  }
}

const realOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);

async function picturesBelow(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 0) found.push(...(await picturesBelow(path, depth - 1)));
    else if (entry.isFile() && PICTURE.test(entry.name)) found.push(path);
  }
  return found;
}
