import { spawn } from 'node:child_process';
import { EXIT } from './cli/usage.ts';
import { electronBinary } from './electron-binary.ts';
import { packageRoot } from './package-root.ts';
import { serveCommand } from './server/serve-command.ts';

/** Why the editor opens in the browser instead of a window of its own; undefined where it does not. */
function whyBrowser(binary: string | undefined): string | undefined {
  const { platform, env } = process;
  if (binary === undefined)
    return 'Electron is not downloaded, so the editor opens in your browser; for the desktop app run: node node_modules/electron/install.js';
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
    return 'There is no display for the desktop app, so the editor is served to browsers on this machine.';
  return undefined;
}

/** Runs the desktop app until its window is closed; the exit code is its own. */
function runDesktop(binary: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const desktop = spawn(binary, [packageRoot(), ...args], { stdio: 'inherit' });
    desktop.on('error', reject);
    desktop.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGINT' && signal !== 'SIGTERM')
        process.stderr.write(
          `The desktop app ended with ${signal ?? code}. The same editor runs in the browser: node dist/kronode.js serve\n`,
        );
      resolve(code ?? EXIT.failed);
    });
    // Ctrl+C reaches both; the app closes first.
    process.on('SIGINT', () => undefined);
  });
}

/** `npm start`: the desktop app where it can run, else the same editor in the browser. */
async function start(args: readonly string[]): Promise<number> {
  // Options are those of `kronode serve`.
  if (args.some((arg) => arg.startsWith('-'))) return serveCommand(args);
  const binary = electronBinary();
  const why = whyBrowser(binary);
  if (binary !== undefined && why === undefined) return runDesktop(binary, args);
  process.stdout.write(`${why}\n`);
  return serveCommand([]);
}

process.exitCode = await start(process.argv.slice(2));
