import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseConfig, requireSetting } from './architecture.ts';
import { readJsonObject } from './json-file.ts';
import { fileError, isMissing } from './wording.ts';

const schedulerSchema = z.object({
  shift: z.number().positive().max(1000),
  use_dynamic_shifting: z.boolean().default(false),
});

/**
 * Flow shift of the scheduler settings in a model folder, where there are any.
 * @throws UserError for settings that are damaged or not implemented
 */
export async function shiftIn(modelFolder: string): Promise<number | undefined> {
  const path = join(modelFolder, 'scheduler');
  const json = await readJsonObject(join(path, 'scheduler_config.json'));
  if (json === undefined) return undefined;
  const { shift, use_dynamic_shifting: dynamic } = parseConfig(schedulerSchema, json, path);
  requireSetting(!dynamic, path, 'a shift that depends on the size of the picture');
  return shift;
}

/** Files a tokenizer can be read from: one that holds all, or vocabulary and merges apart. */
const tokenizerFiles = [['tokenizer.json'], ['vocab.json', 'merges.txt']];

/** Whether a folder holds the files of a tokenizer. */
async function holdsTokenizer(folder: string): Promise<boolean> {
  for (const names of tokenizerFiles) {
    const found = await Promise.all(names.map((name) => isFile(join(folder, name))));
    if (found.every(Boolean)) return true;
  }
  return false;
}

/** The folder with the tokenizer of a text encoder that lies in `folder`. */
export async function tokenizerNear(folder: string): Promise<string | undefined> {
  for (const candidate of [folder, join(folder, 'tokenizer'), join(folder, '..', 'tokenizer')])
    if (await holdsTokenizer(candidate)) return candidate;
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw fileError(error, path, 'read');
  }
}
