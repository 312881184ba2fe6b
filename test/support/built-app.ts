import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'vite';
import { inject } from 'vitest';
import { bundlePrograms } from './build-programs.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * The app as `npm run build` leaves it, and beside it what tests run it on. The first suite of a run that
 * needs it builds it from the sources of then, for all of them.
 */
export async function builtApp() {
  const appPath = inject('appFolder');
  await once(join(appPath, 'built'), () => buildInto(appPath));
  const dist = join(appPath, 'dist');
  return {
    appPath,
    renderer: join(dist, 'renderer'),
    main: join(dist, 'main.js'),
    engine: join(dist, 'engine.js'),
    serve: join(dist, 'serve.js'),
    hooks: join(dist, 'hooks.js'),
    utilityShim: join(dist, 'utility-shim.js'),
  };
}

/** Does the work unless `done` is there, in one process at a time; where it fails the next one tries. */
async function once(done: string, work: () => Promise<void>): Promise<void> {
  const lock = `${done}.lock`;
  // Gives nothing where somebody else has made it.
  while ((await mkdir(lock, { recursive: true })) === undefined) await pause(100);
  try {
    if (existsSync(done)) return;
    await work();
    await writeFile(done, '');
  } finally {
    await rmdir(lock);
  }
}

async function buildInto(folder: string): Promise<void> {
  const dist = join(folder, 'dist');
  await bundlePrograms(
    {
      main: 'electron/main/main.ts',
      engine: 'electron/engine-process/main.ts',
      serve: 'test/support/editor-program.ts',
      electron: 'test/support/electron-double/electron.ts',
      hooks: 'test/support/electron-double/hooks-program.ts',
      'utility-shim': 'test/support/electron-double/utility-shim-program.ts',
    },
    dist,
  );
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'kronode', type: 'module', main: 'dist/main.js' }),
  );
  await build({
    root,
    configFile: join(root, 'electron', 'preload', 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: dist },
  });
  await build({
    configFile: join(root, 'renderer', 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: join(dist, 'renderer'), sourcemap: false },
  });
}
