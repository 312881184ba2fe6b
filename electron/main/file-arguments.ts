import { resolve } from 'node:path';
import { isWorkflowName } from '../../nodes/document/file-name.ts';

const PICTURE = /\.(png|webp)$/i;
const isOpenable = (path: string): boolean => isWorkflowName(path) || PICTURE.test(path);

/** The files a command line asks to open. Options, also those Chromium adds, are no files. */
export const filesIn = (args: readonly string[], workingFolder: string): string[] =>
  args.filter((arg) => !arg.startsWith('-') && isOpenable(arg)).map((arg) => resolve(workingFolder, arg));
