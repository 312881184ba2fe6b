import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { UserError } from '../../nodes/core/errors.ts';

/** How this system shows a file in its folder, or undefined where nobody would see it. */
function revealer(path: string): readonly [command: string, ...args: string[]] | undefined {
  const { platform, env } = process;
  if (platform === 'win32') return ['explorer.exe', `/select,${path}`];
  if (platform === 'darwin') return ['open', '-R', path];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open', dirname(path)] : undefined;
}

/** @throws UserError on a machine without a screen; the message says where the file is. */
export function revealFile(path: string): void {
  const [command, ...args] = revealer(path) ?? [];
  if (command === undefined)
    throw new UserError('This machine has no screen to show a folder on.', { hint: `The file is ${path}.` });
  const shown = spawn(command, args, { stdio: 'ignore', detached: true });
  // A desktop without a file manager shows nothing; there is nobody to tell.
  shown.on('error', () => undefined);
  shown.unref();
}
