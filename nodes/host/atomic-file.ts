import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** How unfinished files end; none of them is ever read. */
export const UNFINISHED = '.unfinished';

/**
 * Puts `content` at `path`, whole or not at all, whatever happens meanwhile: written beside, synced,
 * then renamed over what was there.
 * @throws UserError when it cannot be written.
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}${UNFINISHED}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeAndSync(temporary, content);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UserError(`${path} cannot be written: ${reasonOf(error)}.`, {
      hint: 'Make room or change the permissions of the folder.',
      cause: error,
    });
  }
}

async function writeAndSync(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename itself last; Windows does that by itself and refuses to open folders. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  EACCES: 'Kronode may not write there',
  EPERM: 'Kronode may not write there',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a file is where a folder should be',
};
export const reasonOf = (error: unknown): string => REASONS[codeOf(error)] ?? messageOf(error);
