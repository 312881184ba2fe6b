import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../../core/errors.ts';
import { runtimeCounters } from '../ort/counters.ts';
import { byteSize, fileError, isMissing } from './wording.ts';

const maxBytes = 64 * 1024 * 1024;

/**
 * A JSON object from a file, or undefined where there is no such file.
 *
 * @throws UserError for one that cannot be read, is far too large, or holds no object
 */
export async function readJsonObject(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  let text: string;
  try {
    const status = await stat(path);
    if (!status.isFile() || status.size > maxBytes) {
      throw new UserError(
        `Cannot read ${path}: it is ${status.isFile() ? byteSize(status.size) : 'no regular file'}.`,
        {
          hint: 'Fetch the original file again.',
        },
      );
    }
    text = await readFile(path, 'utf8');
    runtimeCounters.filesRead++;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError(error, path, 'read');
  }
  return parseJsonObject(text, path);
}

/**
 * A JSON object from a text.
 *
 * @param where it was found, for messages
 * @throws UserError for one that holds no object
 */
export function parseJsonObject(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    // A byte order mark is no part of JSON, but editors leave it.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UserError(`${where} is not valid JSON.`, {
      hint: 'Fetch the original file again.',
      cause: error,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${where} does not hold a JSON object.`, { hint: 'Fetch the original file again.' });
  }
  return Object.fromEntries(Object.entries(value));
}
