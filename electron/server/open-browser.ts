import { spawn } from 'node:child_process';

/** How this system opens a link, or undefined where nobody would see it. */
function opener(): readonly [command: string, ...args: string[]] | undefined {
  const { platform, env } = process;
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  if (platform === 'darwin') return ['open'];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}

/** Shows a link in the person's browser. Where that fails, the printed link remains. */
export function openBrowser(url: string): void {
  const [command, ...args] = opener() ?? [];
  if (command === undefined) return;
  const browser = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  browser.on('error', () => undefined);
  browser.unref();
}
