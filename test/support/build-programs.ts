import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..', '..');

/** A new folder for what is built: inside the repository, since programs look for its packages around themselves. */
export const newBuildFolder = (): Promise<string> => mkdtemp(join(root, 'node_modules', '.kronode-test-'));

/** Bundles source files, by program name and relative to the repository, as `npm run build` does. */
export async function bundlePrograms(input: Readonly<Record<string, string>>, outDir: string): Promise<void> {
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
}

/**
 * Builds programs for tests that start processes.
 * @param input source files by program name, relative to the repository
 * @returns the folder whose `dist` holds them, the path of each, and what removes them all
 */
export async function buildPrograms<Name extends string>(input: Readonly<Record<Name, string>>) {
  const folder = await newBuildFolder();
  const outDir = join(folder, 'dist');
  await bundlePrograms(input, outDir);
  return {
    folder,
    pathOf: (name: Name) => join(outDir, `${name}.js`),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
