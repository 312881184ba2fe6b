import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

/** Folders that are registered without anybody asking: what ships with Kronode. */
export const defaultFolders = () => ({
  models: [join(packageRoot(), 'nodes', 'models')],
  pictures: [join(packageRoot(), 'workflows', 'pictures')],
});
