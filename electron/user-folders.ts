import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where this system wants a program to keep what may be deleted at any time. */
export function cacheFolder(): string {
  const { platform, env } = process;
  if (platform === 'win32')
    return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'kronode', 'cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'kronode');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kronode');
}

/** Where this system wants a program to keep what a person would miss: settings, unsaved work. */
export function userDataFolder(): string {
  const { platform, env } = process;
  if (platform === 'win32') return join(env.APPDATA || join(homedir(), 'AppData', 'Roaming'), 'Kronode');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Kronode');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'kronode');
}

/** Where pictures go until a person chooses another folder. */
export const picturesFolder = (): string => join(homedir(), 'Pictures', 'Kronode');
