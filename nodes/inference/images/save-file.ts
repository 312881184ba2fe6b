import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../../core/errors.ts';
import { namedPath, type OutputName } from '../../core/output-name.ts';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** Why a file could not be saved, and what to do, by the system's error code. */
const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space or choose another output folder.'],
  EDQUOT: ['your disk quota is used up', 'Free some space or choose another output folder.'],
  EFBIG: ['the file is larger than this disk allows', 'Choose an output folder on another disk.'],
  EACCES: ['Kronode may not write there', 'Choose another output folder or change its permissions.'],
  EPERM: ['Kronode may not write there', 'Choose another output folder or change its permissions.'],
  EROFS: ['the disk is read-only', 'Choose an output folder on another disk.'],
  ENOTDIR: ['a file is where a folder should be', 'Choose another name or output folder.'],
  EEXIST: ['a file is where a folder should be', 'Choose another name or output folder.'],
  ENAMETOOLONG: ['the path is too long', 'Choose a shorter name or output folder.'],
};

function notSaved(folder: string, error: unknown): UserError {
  const [reason, hint] = REASONS[codeOf(error)] ?? [messageOf(error), 'Choose another output folder.'];
  return new UserError(`The picture cannot be saved in ${folder}: ${reason}.`, { hint, cause: error });
}

/** File systems without hard links (FAT, some network drives) answer with one of these. */
const NO_LINKS: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EINVAL',
]);

/** Gives the finished file its name, in one step and never over another; false when the name is taken. */
async function claim(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!NO_LINKS.has(codeOf(error))) throw error;
  }
  try {
    await (await open(path, 'wx')).close();
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await rename(temporary, path);
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/**
 * Highest number among `<start><number><end>.<any extension>`, letter case aside as Windows and macOS see it.
 */
async function highestNumber(folder: string, { start, end = '' }: OutputName): Promise<number> {
  const [head, tail] = [start.toLowerCase(), end.toLowerCase()];
  let highest = 0;
  for (const name of await readdir(folder)) {
    if (!name.toLowerCase().startsWith(head)) continue;
    const [, digits, rest = ''] = /^(\d{1,9})(.*)$/s.exec(name.slice(start.length).toLowerCase()) ?? [];
    if (digits && rest.startsWith(`${tail}.`)) highest = Math.max(highest, Number(digits));
  }
  return highest;
}

/** Names that were not to be numbered are, from the second on: `cat`, `cat_2`. */
const unnumbered = (name: OutputName, number: number): OutputName =>
  number === 1 ? name : { ...name, start: `${name.start}_${number}` };

async function nameFreely(
  temporary: string,
  folder: string,
  name: OutputName,
  extension: string,
): Promise<string> {
  const isNumbered = name.end !== undefined;
  for (let number = isNumbered ? (await highestNumber(folder, name)) + 1 : 1; ; number++) {
    const file = namedPath(
      { ...(isNumbered ? name : unnumbered(name, number)), folders: [] },
      number,
      extension,
    );
    const path = join(folder, file);
    if (await claim(temporary, path)) return path;
  }
}

async function writeAndSync(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Saves `bytes` below the output folder. The file appears whole or not at all (written beside, synced, then
 * named), and never replaces another, even when several programs save at once.
 * @returns the absolute path
 * @throws UserError when the folder or file cannot be written (full disk, no permission).
 */
export async function saveNamed(
  outputFolder: string,
  name: OutputName,
  extension: string,
  bytes: Uint8Array,
): Promise<string> {
  const folder = join(outputFolder, ...name.folders);
  try {
    await mkdir(folder, { recursive: true });
    const temporary = join(folder, `.${randomBytes(8).toString('hex')}.tmp`);
    try {
      await writeAndSync(temporary, bytes);
      return await nameFreely(temporary, folder, name, extension);
    } finally {
      await rm(temporary, { force: true });
    }
  } catch (error) {
    throw notSaved(folder, error);
  }
}
