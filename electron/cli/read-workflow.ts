import { readFile, stat } from 'node:fs/promises';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import { type OpenedDocument, openDocument } from '../../nodes/document/open.ts';
import { LIMITS } from '../../nodes/document/schema.ts';
import { documentInPicture } from '../../nodes/host/open-content.ts';
import { library } from '../../nodes/library/index.ts';
import { UsageError } from './usage.ts';

export const MAX_PICTURE_BYTES = 512 * 2 ** 20;
export const PICTURE = /\.(png|webp)$/i;

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
