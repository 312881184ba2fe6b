import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds nodes/models, workflows and dist, from the source tree as from a bundle. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'nodes', 'models'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('The folder nodes/models is missing from this installation.');
    folder = parent;
  }
  return folder;
}
