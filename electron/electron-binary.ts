import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What Electron's executable is called inside its folder, where its package does not say. */
const EXECUTABLES: Readonly<Record<string, string>> = {
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
};

/**
 * Where Electron's executable lies, or undefined where it was never downloaded. The package itself is
 * not asked: it would download it.
 */
export function electronBinary(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = packageFolder();
  if (folder === undefined) return undefined;
  const pathFile = join(folder, 'path.txt');
  const told = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : '';
  const executable = told || (EXECUTABLES[process.platform] ?? 'electron');
  const binary = join(env.ELECTRON_OVERRIDE_DIST_PATH || join(folder, 'dist'), executable);
  return existsSync(binary) ? binary : undefined;
}

function packageFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    // An installation without development packages.
    return undefined;
  }
}
