import { resolve } from 'node:path';

const OPENABLE = /\.(json|png|webp)$/i;

/** The files a command line asks to open. Options, also those Chromium adds, are no files. */
export const filesIn = (args: readonly string[], workingFolder: string): string[] =>
  args.filter((arg) => !arg.startsWith('-') && OPENABLE.test(arg)).map((arg) => resolve(workingFolder, arg));
