import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
import { safeParts } from '../core/output-name.ts';
import { decodeLatin1 } from '../document/embedding/bytes.ts';
import { isPng } from '../document/embedding/png-chunks.ts';
import { isWebp } from '../document/embedding/riff.ts';
import { codeOf } from './atomic-file.ts';

/**
 * Copies a picture a person chose into the input folder and returns the name workflows use. The same
 * picture under the same name is stored once.
 * @throws UserError for bytes that are no PNG, JPEG or WebP, or a folder that cannot be written.
 */
export async function addInputPicture(folder: string, name: string, bytes: Uint8Array) {
  const extension = extensionOf(bytes);
  if (!extension)
    throw new UserError(`${name} is not a picture Kronode reads.`, { hint: 'Use PNG, JPEG or WebP.' });
  const stem = safeParts(name.replace(/\.[^.]*$/, '')).at(-1) ?? 'picture';
  try {
    await mkdir(folder, { recursive: true });
    for (let number = 1; ; number++) {
      const file = `${stem}${number === 1 ? '' : `-${number}`}.${extension}`;
      if (await place(join(folder, file), bytes))
        return { kind: 'image' as const, name: file, bytes: bytes.length };
    }
  } catch (error) {
    throw new UserError(`The picture cannot be stored in ${folder}: ${messageOf(error)}.`, { cause: error });
  }
}

/** True when the file now holds these bytes; false when another picture has that name. */
async function place(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeFile(path, bytes, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return (await readFile(path)).equals(bytes);
  }
}

function extensionOf(bytes: Uint8Array): string | undefined {
  if (isPng(bytes)) return 'png';
  if (isWebp(bytes)) return 'webp';
  return decodeLatin1(bytes.subarray(0, 3)) === '\xff\xd8\xff' ? 'jpg' : undefined;
}
