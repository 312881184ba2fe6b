import { readFile, stat } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import { DOCUMENT_TEXT_KEY } from '../../nodes/document/embedding/keys.ts';
import { readText } from '../../nodes/document/embedding/read-text.ts';
import { type OpenedDocument, openDocument } from '../../nodes/document/open.ts';
import { LIMITS } from '../../nodes/document/schema.ts';
import { library } from '../../nodes/library/index.ts';
import { UsageError } from './usage.ts';

export const MAX_PICTURE_BYTES = 512 * 2 ** 20;
export const PICTURE = /\.(png|webp)$/i;

/** Text chunks of a picture, unpacked where they are compressed. */
export const readPictureTexts = (bytes: Uint8Array): Promise<Map<string, string>> =>
  readText(bytes, (packed, maxOutputLength) => inflateSync(packed, { maxOutputLength }));

/** @throws UsageError when the file is missing, a folder, or larger than `limit`. */
export async function readWhole(path: string, limit: number): Promise<Buffer> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw new UsageError(`${path} is a folder.`);
    if (info.size > limit) throw new UsageError(`${path} is larger than ${Math.round(limit / 2 ** 20)} MB.`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(
      isMissing ? `There is no file ${path}.` : `${path} cannot be read: ${messageOf(error)}.`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Opens a workflow from a `*.json` file or from a picture that carries one.
 * @throws UsageError, or UserError in one sentence that names the file.
 */
export async function readWorkflow(path: string): Promise<OpenedDocument> {
  const isPicture = PICTURE.test(path);
  const bytes = await readWhole(path, isPicture ? MAX_PICTURE_BYTES : LIMITS.bytes);
  try {
    return openDocument(isPicture ? await documentInPicture(bytes) : bytes.toString('utf8'), library);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UsageError(`${path}: ${error.message}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  }
}

async function documentInPicture(bytes: Uint8Array): Promise<string> {
  const texts = await readPictureTexts(bytes);
  const document = texts.get(DOCUMENT_TEXT_KEY);
  if (document !== undefined) return document;
  throw new UserError(
    texts.has('workflow') || texts.has('prompt')
      ? 'This picture carries a ComfyUI workflow, which Kronode cannot import yet.'
      : 'This picture carries no workflow.',
    { hint: 'Use a picture that Kronode saved, or a workflow file.' },
  );
}
