import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import { APP_PAGE } from './app-scheme.ts';
import type { DesktopMemory } from './desktop-memory.ts';
import { placeFor, rememberPlace } from './window-place.ts';

/** The colour of the page before it is drawn, as its own canvas will be. */
const background = (): string => (nativeTheme.shouldUseDarkColors ? '#0e1013' : '#f5f6f8');

/** A page that crashes more often than this within a minute is not loaded again. */
const CRASHES = 3;
const MINUTE = 60_000;

interface WindowOptions {
  /** Folder of preload script and editor. */
  readonly dist: string;
  readonly memory: DesktopMemory;
  readonly onKeepsCrashing: () => void;
}

/** Opens the one window, where it was last, around a page that can reach nothing but its bridge. */
export function openWindow({ dist, memory, onKeepsCrashing }: WindowOptions): BrowserWindow {
  const { bounds, maximized } = memory.value;
  const window = new BrowserWindow({
    ...placeFor(bounds, screen.getAllDisplays()),
    minWidth: 760,
    minHeight: 520,
    show: false,
    title: 'Kronode',
    backgroundColor: background(),
    icon: join(dist, 'renderer', 'icon.png'),
    webPreferences: {
      preload: join(dist, 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      // Electron would fetch dictionaries from the network.
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  window.once('ready-to-show', () => {
    if (maximized) window.maximize();
    window.show();
  });
  rememberPlace(window, memory);
  const followTheme = () => window.setBackgroundColor(background());
  nativeTheme.on('updated', followTheme);
  window.on('closed', () => nativeTheme.off('updated', followTheme));
  loadAgainAfterCrashes(window, onKeepsCrashing);
  void window.loadURL(APP_PAGE);
  return window;
}

/** What was being edited is in the journal, so a page that crashed can start over. */
function loadAgainAfterCrashes(window: BrowserWindow, onKeepsCrashing: () => void): void {
  let crashes: number[] = [];
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    const now = Date.now();
    crashes = [...crashes.filter((at) => now - at < MINUTE), now];
    if (crashes.length > CRASHES) onKeepsCrashing();
    else void window.loadURL(APP_PAGE);
  });
}
