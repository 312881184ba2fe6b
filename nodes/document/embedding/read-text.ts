import { UserError } from '../../core/errors.ts';
import { isPng } from './png-chunks.ts';
import { readPngText } from './png-text.ts';
import { isWebp } from './riff.ts';
import type { Inflate } from './text-limits.ts';
import { readWebpText } from './webp-text.ts';

/**
 * Texts a PNG or WebP file carries, by key; the first of several equal keys wins.
 * @param inflate unpacks zlib streams, which portable code cannot
 * @throws UserError for another kind of file, a damaged one, or more than 16 MB of text.
 */
export async function readText(bytes: Uint8Array, inflate: Inflate): Promise<Map<string, string>> {
  if (isPng(bytes)) return readPngText(bytes, inflate);
  if (isWebp(bytes)) return readWebpText(bytes);
  throw new UserError('This file is neither a PNG nor a WebP picture.');
}
