import { readFile, rename } from 'node:fs/promises';
import type { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import { parseUntrustedJson } from '../document/json.ts';
import { faultOf } from '../protocol/errors.ts';
import { codeOf, writeAtomically } from './atomic-file.ts';

/** Values kept in a JSON file of the user's, such as settings. */
export interface JsonFile<Value> {
  readonly value: Value;
  /** @throws UserError when the file cannot be written; the value is kept for this session. */
  save(value: Value): Promise<void>;
}

/**
 * Reads a JSON file; what it lacks comes from the schema's defaults. A damaged file is set aside and
 * told of, never fatal.
 * @param schema must accept `{}`
 */
export async function openJsonFile<Value>(
  path: string,
  schema: z.ZodType<Value>,
  onNotice: (message: string) => void,
): Promise<JsonFile<Value>> {
  let { value } = await read(path, schema, onNotice);
  return {
    get value() {
      return value;
    },
    async save(next) {
      value = next;
      await writeAtomically(path, `${JSON.stringify(next, null, 2)}\n`);
    },
  };
}

async function read<Value>(
  path: string,
  schema: z.ZodType<Value>,
  onNotice: (message: string) => void,
): Promise<{ value: Value }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      onNotice(`${path} cannot be read (${messageOf(error)}); defaults are used.`);
    return { value: schema.parse({}) };
  }
  try {
    const parsed = schema.safeParse(parseUntrustedJson(text));
    if (parsed.success) return { value: parsed.data };
    onNotice(await setAside(path, faultOf(parsed.error)));
  } catch (error) {
    onNotice(await setAside(path, messageOf(error)));
  }
  return { value: schema.parse({}) };
}

/** Renames a damaged file, so that nothing overwrites what may still be mended by hand. */
export async function setAside(path: string, why: string): Promise<string> {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  try {
    await rename(path, aside);
    return `${path} is damaged (${why}). It was set aside as ${aside}.`;
  } catch (error) {
    return `${path} is damaged (${why}) and cannot be set aside: ${messageOf(error)}.`;
  }
}
