import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..', '..');

/**
 * Builds programs as `npm run build` does, for tests that start processes. They lie inside the
 * repository, since they look for its packages around themselves.
 * @param input source files by program name, relative to the repository
 * @returns the folder whose `dist` holds them, the path of each, and what removes them all
 */
export async function buildPrograms<Name extends string>(input: Readonly<Record<Name, string>>) {
  const folder = await mkdtemp(join(root, 'node_modules', '.kronode-test-'));
  const outDir = join(folder, 'dist');
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      rollupOptions: { input: { ...input }, output: { entryFileNames: '[name].js' } },
    },
  });
  return {
    folder,
    pathOf: (name: Name) => join(outDir, `${name}.js`),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
