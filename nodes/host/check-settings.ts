import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
import { nameTokens, patternProblem } from '../core/output-name.ts';
import type { CallInput } from '../protocol/contract.ts';
import { checkFolder } from './inspect-folder.ts';

/**
 * Looks at settings before they are kept.
 * @param knownFolders model folders that were registered before: a drive that is away may come back
 * @throws UserError for folders that cannot be used and a name pattern that is none
 */
export async function checkSettings(
  { modelFolders = [], outputFolder, namePattern }: CallInput<'engine/configure'>,
  knownFolders: readonly string[],
): Promise<void> {
  for (const folder of modelFolders) {
    if (knownFolders.includes(folder)) continue;
    checkWhole(folder);
    await checkFolder(folder);
  }
  if (outputFolder !== undefined) {
    checkWhole(outputFolder);
    await checkWritable(outputFolder);
  }
  if (namePattern !== undefined) checkPattern(namePattern);
}

function checkWhole(folder: string): void {
  if (!isAbsolute(folder))
    throw new UserError(`“${folder}” is not a whole path.`, {
      hint: 'Write it from the root or drive on.',
    });
}

/** Makes the folder where it is not there yet: a picture must not be lost for want of one. */
async function checkWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(`Pictures cannot be written to ${folder}: ${messageOf(error)}.`, {
      hint: 'Choose another folder.',
      cause: error,
    });
  }
}

function checkPattern(pattern: string): void {
  const problem = patternProblem(pattern);
  if (!problem) return;
  const reasons = {
    empty: 'it ends without a file name',
    'too-long': 'it is too long',
    'leaves-folder': 'it leads out of the output folder',
    'counter-in-folder': 'the number stands in a folder name',
    'unknown-token': problem.kind === 'unknown-token' ? `there is no {${problem.token}}` : '',
  };
  throw new UserError(`“${pattern}” cannot be a file name: ${reasons[problem.kind]}.`, {
    hint: `In braces there may be ${nameTokens.join(', ')}.`,
  });
}
