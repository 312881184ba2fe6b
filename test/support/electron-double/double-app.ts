import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type {
  DesktopApp,
  DesktopOptions,
  DesktopSigns,
  DialogAnswers,
  MenuEntry,
  ShownDialog,
} from '../desktop-app.ts';
import type {
  Bounds,
  FromMain,
  MainQuestion,
  Sender,
  ShownItem,
  StageQuestion,
  Surroundings,
  ToMain,
} from './messages.ts';
import { Pending } from './pending.ts';
import { StagePage } from './stage-page.ts';

/** Where the built programs of a doubled app lie. */
export interface DoublePrograms {
  /** Holds `dist` as a build leaves it. */
  readonly appPath: string;
  readonly main: string;
  readonly hooks: string;
  readonly utilityShim: string;
}

const SCREEN: Bounds = { x: 0, y: 0, width: 1920, height: 1080 };

/** Runs the built main process under Node with the double in place of Electron, its window in Chromium. */
export class DoubleApp implements DesktopApp {
  readonly #browser: Browser;
  readonly #programs: DoublePrograms;
  readonly #options: DesktopOptions;
  readonly #main: ChildProcess;
  readonly #pending = new Pending();
  readonly #answers: { [K in keyof DialogAnswers]: DialogAnswers[K][] } = { open: [], save: [], message: [] };
  readonly #dialogs: ShownDialog[] = [];
  readonly #pages = new Map<number, Promise<StagePage>>();
  readonly #errors: string[] = [];
  #window: Record<string, unknown> = {};
  #options0: Record<string, unknown> = {};
  #app: Record<string, unknown> = {};
  #menu: readonly ShownItem[] = [];
  /** What the app did outside, by what it is called in Electron. */
  readonly done: { readonly what: string; readonly value: unknown }[] = [];
  /** What pages tried and were not allowed. */
  readonly refused: { readonly what: string; readonly url: string }[] = [];
  readonly #progress: number[] = [];
  #wasKeptAwake = false;
  /** What the clipboard holds for the main process. */
  clipboard = '';
  readonly exited: Promise<void>;

  constructor(browser: Browser, programs: DoublePrograms, options: DesktopOptions) {
    this.#browser = browser;
    this.#programs = programs;
    this.#options = options;
    this.#main = this.#start(options.files ?? []);
    this.#main.on('message', (message: FromMain) => this.#hear(message));
    this.exited = new Promise((resolve) => this.#main.once('exit', () => resolve()));
  }

  async page(): Promise<Page> {
    for (;;) {
      const pages = [...this.#pages.values()];
      const last = pages.at(-1);
      if (last) return (await last).page;
      if (this.#hasEnded()) throw new Error(`The app ended: ${JSON.stringify(this.#dialogs)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async answer<K extends keyof DialogAnswers>(kind: K, answer: DialogAnswers[K]): Promise<void> {
    this.#answers[kind].push(answer);
  }

  async dialogs(): Promise<readonly ShownDialog[]> {
    return [...this.#dialogs];
  }

  async menu(): Promise<readonly MenuEntry[]> {
    return this.#menu.map(entryOf);
  }

  async choose(...labels: readonly string[]): Promise<void> {
    let items = this.#menu;
    let found: ShownItem | undefined;
    for (const label of labels) {
      found = items.find((item) => item.label === label);
      items = found?.submenu ?? [];
    }
    if (found?.role === 'quit') return this.quit();
    if (found?.click === undefined || found.enabled === false)
      throw new Error(`The menu has no ${labels.join(' › ')}.`);
    this.#post({ kind: 'click', item: found.click });
  }

  async signs(): Promise<DesktopSigns> {
    const values = (what: string) =>
      this.done.filter((done) => done.what === what).map(({ value }) => String(value));
    return {
      title: String(this.#window.title ?? ''),
      isShown: this.#window.isShown === true,
      isMaximized: this.#window.isMaximized === true,
      progress: [...this.#progress],
      isKeptAwake: this.#app.isKeptAwake === true,
      wasKeptAwake: this.#wasKeptAwake,
      themeSource: String(this.#app.themeSource),
      openedLinks: values('openExternal'),
      revealed: values('showItemInFolder'),
      preferences: this.#options0.webPreferences as Record<string, unknown>,
    };
  }

  /** What the window was made with. */
  get windowOptions(): Readonly<Record<string, unknown>> {
    return this.#options0;
  }

  async moveWindow(bounds: Bounds): Promise<void> {
    this.#user({ kind: 'move', bounds });
  }

  async maximize(): Promise<void> {
    this.#user({ kind: 'maximize' });
  }

  async closeWindow(): Promise<void> {
    this.#user({ kind: 'close' });
  }

  async quit(): Promise<void> {
    this.#post({ kind: 'quit' });
  }

  async openFile(path: string): Promise<void> {
    this.#post({ kind: 'event', name: 'open-file', args: [path] });
  }

  async startAgain(...files: readonly string[]): Promise<void> {
    const second = this.#start(files);
    second.on('message', (message: FromMain) => {
      if (message.kind === 'second')
        this.#post({ kind: 'event', name: 'second-instance', args: [message.args, message.folder] });
    });
    await new Promise((resolve) => second.once('exit', resolve));
  }

  async enginePid(): Promise<number | undefined> {
    return (this.#app.utility as { readonly pid?: number } | undefined)?.pid;
  }

  /** Asks the main process as any frame could that got hold of the preload script's ways. */
  invokeAs(sender: Omit<Sender, 'window'>, channel: string, ...args: readonly unknown[]): Promise<unknown> {
    const window = [...this.#pages.keys()].at(-1) ?? 0;
    return this.#ask({ kind: 'invoke', sender: { ...sender, window }, channel, args });
  }

  request(url: string, method = 'GET') {
    return this.#ask<{ status: number; headers: Record<string, string>; body: Uint8Array }>({
      kind: 'scheme',
      url,
      method,
    });
  }

  permission(permission: string, url: string): Promise<unknown> {
    const window = [...this.#pages.keys()].at(-1) ?? 0;
    return this.#ask({ kind: 'permission', window, permission, url });
  }

  webview(): Promise<boolean> {
    const window = [...this.#pages.keys()].at(-1) ?? 0;
    return this.#ask({ kind: 'webview', window });
  }

  /** Ends the main process as a crash would. */
  kill(): void {
    this.#main.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    if (!this.#hasEnded()) {
      // Without its stage it ends by itself, and its engine with it.
      this.#main.disconnect();
      await this.exited;
    }
    for (const opening of this.#pages.values()) {
      const page = await opening;
      this.#errors.push(...page.errors);
      await page.close();
    }
    if (this.#errors.length > 0) throw new Error(this.#errors.join('\n'));
  }

  #hasEnded(): boolean {
    return this.#main.exitCode !== null || this.#main.signalCode !== null;
  }

  #start(files: readonly string[]): ChildProcess {
    const { main, hooks, appPath, utilityShim } = this.#programs;
    const { home } = this.#options;
    const surroundings: Surroundings = {
      appPath,
      utilityShim,
      locale: 'en-US',
      isPackaged: false,
      isSystemDark: true,
      displays: [{ workArea: SCREEN }],
    };
    const env = {
      ...process.env,
      HOME: home,
      XDG_DATA_HOME: join(home, 'data'),
      XDG_CACHE_HOME: join(home, 'cache'),
      ELECTRON_DOUBLE: JSON.stringify(surroundings),
    };
    return spawn(process.execPath, ['--import', hooks, main, ...files], {
      cwd: home,
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  #hear(message: FromMain): void {
    switch (message.kind) {
      case 'window':
        this.#options0 = message.options as Record<string, unknown>;
        this.#window = {};
        this.#pages.set(
          message.window,
          StagePage.open({
            browser: this.#browser,
            window: message.window,
            options: message.options,
            isDark: true,
            post: (sent) => this.#post(sent),
            ask: (question) => this.#ask(question),
            onRefused: (what, url) => this.refused.push({ what, url }),
          }),
        );
        return;
      case 'load':
        void this.#pages.get(message.window)?.then((page) => page.load(message.url));
        return;
      case 'closed': {
        const closing = this.#pages.get(message.window);
        this.#pages.delete(message.window);
        void closing?.then(async (page) => {
          this.#errors.push(...page.errors);
          await page.close();
        });
        return;
      }
      case 'changed': {
        const { progress, ...state } = message.state as Record<string, unknown>;
        if (typeof progress === 'number') this.#progress.push(progress);
        this.#window = { ...this.#window, ...state };
        return;
      }
      case 'app':
        this.#app = { ...this.#app, ...message.state };
        this.#wasKeptAwake ||= this.#app.isKeptAwake === true;
        return;
      case 'menu':
        this.#menu = message.items;
        return;
      case 'did':
        this.done.push({ what: message.what, value: message.value });
        return;
      case 'answer':
        this.#pending.settle(message.id, message.answer);
        return;
      case 'ask':
        this.#post({ kind: 'answer', id: message.id, answer: this.#personSays(message.question) });
        return;
      case 'second':
        throw new Error('The first app took itself for a second one.');
      default:
        for (const page of this.#pages.values()) void page.then((stage) => stage.hear(message));
    }
  }

  /** A person without an answer changes their mind. */
  #personSays(question: MainQuestion): unknown {
    if (question.kind === 'clipboard') return this.clipboard;
    const { dialog, options } = question;
    this.#dialogs.push({ kind: dialog, options: options as Record<string, unknown> });
    switch (dialog) {
      case 'open': {
        const filePaths = this.#answers.open.shift() ?? [];
        return { canceled: filePaths.length === 0, filePaths };
      }
      case 'save': {
        const filePath = this.#answers.save.shift();
        return { canceled: filePath === undefined, filePath: filePath ?? '' };
      }
      case 'message':
        return { response: this.#answers.message.shift() ?? (options as { cancelId?: number }).cancelId };
      case 'error':
        return undefined;
    }
  }

  #user(does: Extract<ToMain, { kind: 'user' }>['does']): void {
    const window = [...this.#pages.keys()].at(-1);
    if (window !== undefined) this.#post({ kind: 'user', window, does });
  }

  #post(message: ToMain): void {
    if (this.#main.connected) this.#main.send(message, () => undefined);
  }

  #ask<T>(question: StageQuestion): Promise<T> {
    return this.#pending.ask<T>((id) => this.#post({ kind: 'ask', id, question }));
  }
}

const entryOf = (item: ShownItem): MenuEntry => ({
  label: item.label ?? item.role ?? '',
  accelerator: item.accelerator === undefined ? undefined : String(item.accelerator),
  enabled: item.enabled !== false,
  checked: item.checked === true,
  submenu: (item.submenu ?? []).map(entryOf),
});
