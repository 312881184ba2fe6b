import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, UserError } from '../core/errors.ts';
import { isModelFolder } from '../inference/checkpoints/model-folder.ts';
import { scanFolder } from '../inference/checkpoints/scan-folder.ts';
import type { FolderReport } from '../protocol/contract.ts';

/** The subfolders of ComfyUI's `models`, by what lies in them; each line one use. */
const comfyuiFolders: readonly (readonly string[])[] = [
  ['diffusion_models', 'unet'],
  ['text_encoders', 'clip'],
  ['vae'],
  ['loras'],
  ['checkpoints'],
];
/** Fewer could be chance. */
const ENOUGH = 2;

const kinds = ['model', 'text-encoder', 'vae', 'adapter'] as const;

/**
 * A folder as a person types, pastes or drops it: `~`, quotes of a copied path, `file://` addresses.
 * @throws UserError for what is no whole path
 */
export function typedFolder(text: string): string {
  const bare = text.trim().replace(/^(["'])(.*)\1$/, '$2');
  if (/^file:\/\//i.test(bare)) {
    try {
      return resolve(fileURLToPath(bare));
    } catch (error) {
      throw new UserError(`“${bare}” is no address of a folder: ${messageOf(error)}.`, {
        hint: 'Type its path.',
        cause: error,
      });
    }
  }
  const path = /^~(?=$|[/\\])/.test(bare) ? join(homedir(), bare.slice(1)) : bare;
  if (!isAbsolute(path))
    throw new UserError(bare === '' ? 'No folder was given.' : `“${bare}” is not a whole path.`, {
      hint: 'Write it from the root or drive on.',
    });
  return resolve(path);
}

/**
 * Tells what models lie in a folder, and whether it is another program's.
 * @throws UserError where there is no such folder, or it holds too much to be one of models
 */
export async function inspectFolder(text: string): Promise<FolderReport> {
  const path = typedFolder(text);
  await checkFolder(path);
  const folders = await comfyuiIn(path);
  const better = folders.length >= ENOUGH ? undefined : await betterThan(path);
  const files = await scanFolder(path).catch((error: unknown) => {
    // All of ComfyUI, with the packages it runs on, may be too much to look through.
    if (better === undefined || !(error instanceof UserError)) throw error;
    return [];
  });
  const counts = kinds.map((kind) => ({
    kind,
    count: files.filter((file) => file.kinds.includes(kind)).length,
  }));
  return {
    path,
    kind: folders.length >= ENOUGH ? 'comfyui' : (await isModelFolder(path)) ? 'model' : 'folder',
    folders: folders.length >= ENOUGH ? folders : [],
    found: counts.filter(({ count }) => count > 0),
    unusable: files.filter(({ problem }) => problem !== undefined).length,
    ...(better !== undefined && { better }),
  };
}

/** @throws UserError where there is no such folder */
export async function checkFolder(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (!info)
    throw new UserError(`There is no folder ${path}.`, { hint: 'Make it first, or choose another.' });
  if (!info.isDirectory())
    throw new UserError(`${path} is a file, not a folder.`, { hint: `Choose ${dirname(path)}.` });
}

async function comfyuiIn(folder: string): Promise<string[]> {
  const names = new Set(await readdir(folder).catch(() => []));
  return comfyuiFolders.flatMap((spellings) => spellings.find((name) => names.has(name)) ?? []);
}

/** `models` inside a ComfyUI folder that was named as a whole, or around one of its subfolders. */
async function betterThan(path: string): Promise<string | undefined> {
  const inside = join(path, 'models');
  if ((await comfyuiIn(inside)).length >= ENOUGH) return inside;
  const around = dirname(path);
  const isSubfolder = comfyuiFolders.flat().includes(basename(path));
  return isSubfolder && (await comfyuiIn(around)).length >= ENOUGH ? around : undefined;
}
