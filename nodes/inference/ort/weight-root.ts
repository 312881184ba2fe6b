import { parse, posix, win32 } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Initializer } from '../onnx/types.ts';

/**
 * Root folder of the drive that all weights of a graph lie on; that of the working folder where
 * there are none. The runtime reaches files below one folder only.
 * @throws UserError where they lie on several drives
 */
export function weightRoot(
  initializers: readonly Initializer[],
  path: typeof posix | typeof win32 = process.platform === 'win32' ? win32 : posix,
): string {
  let first: string | undefined;
  for (const { data } of initializers) {
    if (data.kind !== 'file') continue;
    first ??= data.file;
    if (path.parse(data.file).root.toLowerCase() !== path.parse(first).root.toLowerCase())
      throw new UserError(`Weights that run together lie on different drives: ${first} and ${data.file}.`, {
        hint: 'Move the model and its adapters to one drive.',
      });
  }
  return first === undefined ? parse(process.cwd()).root : path.parse(first).root;
}
