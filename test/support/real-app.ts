import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type { DesktopApp, DesktopSigns, DialogAnswers, MenuEntry, ShownDialog } from './desktop-app.ts';
import type { Bounds } from './electron-double/messages.ts';

/** What is kept inside the app's main process while it is watched. */
interface Watched {
  readonly dialogs: ShownDialog[];
  readonly answers: { [K in keyof DialogAnswers]: DialogAnswers[K][] };
  readonly progress: number[];
  readonly links: string[];
  readonly revealed: string[];
  wasKeptAwake: boolean;
  awake: Set<number>;
}
declare global {
  var watched: Watched;
}

/** The built app on a real Electron, with its dialogs answered and its signs written down. */
export class RealApp implements DesktopApp {
  readonly #app: ElectronApplication;
  readonly #command: readonly [binary: string, appPath: string, env: Record<string, string>];
  readonly exited: Promise<void>;

  private constructor(
    app: ElectronApplication,
    command: readonly [binary: string, appPath: string, env: Record<string, string>],
  ) {
    this.#app = app;
    this.#command = command;
    this.exited = new Promise((resolve) => app.once('close', () => resolve()));
  }

  static async launch(
    binary: string,
    appPath: string,
    home: string,
    files: readonly string[],
  ): Promise<RealApp> {
    const env = {
      ...(process.env as Record<string, string>),
      HOME: home,
      APPDATA: join(home, 'data'),
      XDG_DATA_HOME: join(home, 'data'),
      XDG_CACHE_HOME: join(home, 'cache'),
    };
    const app = await _electron.launch({ executablePath: binary, args: [appPath, ...files], cwd: home, env });
    await app.evaluate(watch);
    return new RealApp(app, [binary, appPath, env]);
  }

  page(): Promise<Page> {
    return this.#app.firstWindow();
  }

  async answer<K extends keyof DialogAnswers>(kind: K, answer: DialogAnswers[K]): Promise<void> {
    await this.#app.evaluate(
      (_electron, [name, value]) => (watched.answers[name as K] as unknown[]).push(value),
      [kind, answer] as const,
    );
  }

  dialogs(): Promise<readonly ShownDialog[]> {
    return this.#app.evaluate(() => watched.dialogs);
  }

  menu(): Promise<readonly MenuEntry[]> {
    return this.#app.evaluate(({ Menu }) => {
      const entries = (menu: Electron.Menu | null | undefined): MenuEntry[] =>
        (menu?.items ?? [])
          .filter(({ role }) => !['appmenu', 'windowmenu'].includes(role?.toLowerCase() ?? ''))
          .map(({ label, accelerator, enabled, checked, submenu }) => ({
            label,
            accelerator: accelerator ?? undefined,
            enabled,
            checked,
            submenu: entries(submenu),
          }));
      return entries(Menu.getApplicationMenu());
    });
  }

  async choose(...labels: readonly string[]): Promise<void> {
    await this.#app.evaluate(({ Menu }, path) => {
      let items = Menu.getApplicationMenu()?.items ?? [];
      let found: Electron.MenuItem | undefined;
      for (const label of path) {
        found = items.find((item) => item.label === label);
        items = found?.submenu?.items ?? [];
      }
      if (!found?.enabled) throw new Error(`The menu has no ${path.join(' › ')}.`);
      found.click();
    }, labels);
  }

  signs(): Promise<DesktopSigns> {
    return this.#app.evaluate(({ BrowserWindow, nativeTheme }) => {
      const [window] = BrowserWindow.getAllWindows();
      const contents = window?.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
      return {
        title: window?.getTitle() ?? '',
        isShown: window?.isVisible() ?? false,
        isMaximized: window?.isMaximized() ?? false,
        progress: watched.progress,
        isKeptAwake: watched.awake.size > 0,
        wasKeptAwake: watched.wasKeptAwake,
        themeSource: nativeTheme.themeSource,
        openedLinks: watched.links,
        revealed: watched.revealed,
        preferences: contents.getLastWebPreferences(),
      };
    });
  }

  async moveWindow(bounds: Bounds): Promise<void> {
    await this.#app.evaluate(
      ({ BrowserWindow }, place) => BrowserWindow.getAllWindows()[0]?.setBounds(place),
      bounds,
    );
  }

  async closeWindow(): Promise<void> {
    await this.#app.evaluate(({ BrowserWindow }) => {
      // Later, so that this call is answered first.
      setTimeout(() => BrowserWindow.getAllWindows()[0]?.close(), 0);
    });
  }

  async quit(): Promise<void> {
    await this.#app.evaluate(({ app }) => {
      setTimeout(() => app.quit(), 0);
    });
  }

  async openFile(path: string): Promise<void> {
    await this.#app.evaluate(
      ({ app }, file) => void app.emit('open-file', { preventDefault: () => undefined }, file),
      path,
    );
  }

  async startAgain(...files: readonly string[]): Promise<void> {
    const [binary, appPath, env] = this.#command;
    const options = process.platform === 'linux' ? ['--no-sandbox'] : [];
    await new Promise<void>((resolve) =>
      execFile(binary, [appPath, ...options, ...files], { env }, () => resolve()),
    );
  }

  enginePid(): Promise<number | undefined> {
    return this.#app.evaluate(
      ({ app }) => app.getAppMetrics().find(({ serviceName }) => serviceName === 'Kronode engine')?.pid,
    );
  }

  async stop(): Promise<void> {
    const child = this.#app.process();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await this.exited;
    }
  }
}

/** Runs in the main process: dialogs are answered, what shows outside is written down. */
function watch({ BrowserWindow, dialog, powerSaveBlocker, shell }: typeof import('electron')): void {
  const own: Watched = {
    dialogs: [],
    answers: { open: [], save: [], message: [] },
    progress: [],
    links: [],
    revealed: [],
    wasKeptAwake: false,
    awake: new Set(),
  };
  globalThis.watched = own;
  const shown = (kind: ShownDialog['kind'], options: unknown) =>
    own.dialogs.push({ kind, options: options as Record<string, unknown> });
  Object.assign(dialog, {
    showOpenDialog: async (_window: unknown, options: unknown) => {
      shown('open', options);
      const filePaths = own.answers.open.shift() ?? [];
      return { canceled: filePaths.length === 0, filePaths };
    },
    showSaveDialog: async (_window: unknown, options: unknown) => {
      shown('save', options);
      const filePath = own.answers.save.shift();
      return { canceled: filePath === undefined, filePath: filePath ?? '' };
    },
    showMessageBox: async (_window: unknown, options: { readonly cancelId?: number }) => {
      shown('message', options);
      return { response: own.answers.message.shift() ?? options.cancelId };
    },
  });
  Object.assign(shell, {
    openExternal: async (url: string) => void own.links.push(url),
    showItemInFolder: (path: string) => void own.revealed.push(path),
  });
  const { start, stop } = powerSaveBlocker;
  Object.assign(powerSaveBlocker, {
    start: (type: 'prevent-app-suspension') => {
      const id = start.call(powerSaveBlocker, type);
      own.awake.add(id);
      own.wasKeptAwake = true;
      return id;
    },
    stop: (id: number) => {
      own.awake.delete(id);
      return stop.call(powerSaveBlocker, id);
    },
  });
  const { setProgressBar } = BrowserWindow.prototype;
  BrowserWindow.prototype.setProgressBar = function (progress, options) {
    own.progress.push(progress);
    setProgressBar.call(this, progress, options);
  };
}
