import { UserError } from '../../core/errors.ts';

/** A name from a file, safe to show: quoted, control characters escaped, cut when long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 96 ? `${name.slice(0, 92)} …` : name);
}

/** "a, b, c and 7 more" with at most `most` names. */
export function listed(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map(quoted).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** "1 tensor", "3 tensors". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Sizes as people read them. */
export function byteSize(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['it does not exist', 'Check the path; the file may have been moved or renamed.'],
  ENOTDIR: ['a part of its path is not a folder', 'Check the path.'],
  EISDIR: ['it is a folder', 'Give the path of a file.'],
  EACCES: ['access was refused', 'Check the permissions of the file.'],
  EPERM: ['access was refused', 'Check the permissions of the file.'],
  EBUSY: ['another program is using it', 'Close the program that uses the file.'],
  EMFILE: ['too many files are open', 'Close other programs and try again.'],
  ENOSPC: ['the disk is full', 'Free some space and try again.'],
  EDQUOT: ['the disk quota is used up', 'Free some space and try again.'],
  EROFS: ['the disk cannot be written to', 'Choose another folder.'],
  ENAMETOOLONG: ['its name is too long', 'Use a shorter name.'],
  ELOOP: ['its links lead in a circle', 'Replace the link by the file it stands for.'],
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');

/**
 * A system error told in words. What is already a UserError, or is no error of the file system,
 * comes back as it is.
 */
export function fileError(error: unknown, path: string, action: 'read' | 'write'): unknown {
  const code = codeOf(error);
  if (error instanceof UserError || code === undefined) return error;
  const [reason, hint] = reasons[code] ?? [`the system reported ${code}`, 'Check the disk and try again.'];
  return new UserError(`Cannot ${action} ${path}: ${reason}.`, { hint, cause: error });
}
