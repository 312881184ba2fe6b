import { UserError } from '../../core/errors.ts';
import { isPng } from './png-chunks.ts';
import { embedPngText } from './png-text.ts';
import { isWebp } from './riff.ts';
import { embedWebpText } from './webp-text.ts';

/**
 * A copy of a PNG or WebP file that carries `entries`; the pixels stay byte for byte. Equal input gives equal bytes.
 * @throws UserError for another kind of file, a damaged one, a key that cannot be stored (1 to 79 letters,
 * digits, dots, dashes, single spaces), or more than 16 MB of text.
 */
export function embedText(bytes: Uint8Array, entries: Readonly<Record<string, string>>): Uint8Array {
  if (Object.keys(entries).length === 0) return bytes;
  if (isPng(bytes)) return embedPngText(bytes, entries);
  if (isWebp(bytes)) return embedWebpText(bytes, entries);
  throw new UserError('Only PNG and WebP pictures can carry texts.', {
    hint: 'Save the picture as PNG or WebP.',
  });
}
