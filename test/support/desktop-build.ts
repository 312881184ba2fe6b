import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { buildPrograms } from './build-programs.ts';

const root = join(import.meta.dirname, '..', '..');

/** The desktop app as `npm run build` leaves it, and beside it the double it can run on. */
export async function buildDesktop() {
  const programs = await buildPrograms({
    main: 'electron/main/main.ts',
    engine: 'electron/engine-process/main.ts',
    electron: 'test/support/electron-double/electron.ts',
    hooks: 'test/support/electron-double/hooks-program.ts',
    'utility-shim': 'test/support/electron-double/utility-shim-program.ts',
  });
  const dist = join(programs.folder, 'dist');
  await writeFile(
    join(programs.folder, 'package.json'),
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
  return {
    appPath: programs.folder,
    main: programs.pathOf('main'),
    hooks: programs.pathOf('hooks'),
    utilityShim: programs.pathOf('utility-shim'),
    remove: programs.remove,
  };
}
