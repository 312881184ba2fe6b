import { UserError } from '../../core/errors.ts';
import { quoted } from './wording.ts';

const longest = 1024;

/**
 * Checks the name by which a workflow, an untrusted text, refers to a file: a path below a
 * registered folder with forward slashes, and nothing that could lead out of it on any system.
 *
 * @throws UserError for absolute paths, `..`, drive letters, network paths, control characters
 */
export function checkRegisteredName(name: string): void {
  const reason = complaintAbout(name);
  if (reason === undefined) return;
  throw new UserError(`The file name ${quoted(name)} is refused: ${reason}.`, {
    hint: 'Name a file inside a registered model folder, such as "loras/style.safetensors".',
  });
}

function complaintAbout(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > longest) return `it is longer than ${longest} characters`;
  if (/\p{Cc}/u.test(name)) return 'it holds control characters';
  if (name.includes('\\')) return 'it holds a backslash; folders are separated by "/"';
  if (name.includes(':')) return 'it holds a colon, as drive letters and web addresses do';
  if (name.startsWith('/')) return 'it is an absolute path';
  for (const segment of name.split('/')) {
    if (segment === '') return 'it holds an empty folder name';
    if (segment === '.' || segment === '..') return `it holds "${segment}"`;
    // Windows drops these, so that ". ." may mean "..".
    if (/[. ]$/.test(segment)) return 'a part of it ends with a dot or a space';
  }
  return undefined;
}
