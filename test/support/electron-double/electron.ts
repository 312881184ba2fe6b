import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { ForkOptions, MenuItemConstructorOptions } from 'electron';
import { answerWith, ask, did, hear, post, surroundings } from './main-line.ts';
import type { DialogKind, SchemeAnswer, Sender, ShownItem, StageQuestion } from './messages.ts';
import { Frame, PreventableEvent, windowOf } from './windows.ts';

/**
 * Stands for the `electron` module in the main process of the desktop app, with what the app uses of
 * it and nothing more. What Electron does with pages, screens and persons is done by the stage, in the
 * process that started this one.
 */
export { app } from './app.ts';
export { MessageChannelMain } from './ports.ts';
export { BrowserWindow } from './windows.ts';

type Invoke = (event: object, ...args: readonly unknown[]) => unknown;
const handlers = new Map<string, Invoke>();
export const ipcMain = {
  handle(channel: string, handler: Invoke): void {
    if (handlers.has(channel)) throw new Error(`${channel} is handled twice.`);
    handlers.set(channel, handler);
  },
};

type SchemeHandler = (request: Request) => Promise<Response>;
const schemes = new Map<string, SchemeHandler>();
export const protocol = {
  registerSchemesAsPrivileged: (privileged: unknown) => did('registerSchemesAsPrivileged', privileged),
  handle: (scheme: string, handler: SchemeHandler) => void schemes.set(scheme, handler),
};

type RequestHandler = (
  contents: unknown,
  permission: string,
  decide: (granted: boolean) => void,
  details: { readonly requestingUrl: string },
) => void;
type CheckHandler = (contents: unknown, permission: string, origin: string) => boolean;
let requestHandler: RequestHandler = (_contents, _permission, decide) => decide(true);
let checkHandler: CheckHandler = () => true;
export const session = {
  defaultSession: {
    setPermissionRequestHandler(handler: RequestHandler): void {
      requestHandler = handler;
    },
    setPermissionCheckHandler(handler: CheckHandler): void {
      checkHandler = handler;
    },
    setDevicePermissionHandler: (handler: () => boolean) => did('devices', handler()),
  },
};

const showDialog = <T>(dialog: DialogKind, options: object): Promise<T> =>
  ask<T>({ kind: 'dialog', dialog, options });
export const dialog = {
  showOpenDialog: (_window: object, options: object) => showDialog('open', options),
  showSaveDialog: (_window: object, options: object) => showDialog('save', options),
  showMessageBox: (_window: object, options: object) => showDialog('message', options),
  showErrorBox: (title: string, content: string) => void showDialog('error', { title, content }),
};

export const shell = {
  openExternal: (url: string) => Promise.resolve(did('openExternal', url)),
  showItemInFolder: (path: string) => did('showItemInFolder', path),
};

export const clipboard = { readText: () => ask<string>({ kind: 'clipboard' }) };

export const screen = { getAllDisplays: () => surroundings.displays };

const blockers = new Set<number>();
let blockerCount = 0;
const tellBlockers = () => post({ kind: 'app', state: { isKeptAwake: blockers.size > 0 } });
export const powerSaveBlocker = {
  start(type: string): number {
    did('powerSaveBlocker', type);
    blockers.add(++blockerCount);
    tellBlockers();
    return blockerCount;
  },
  stop(id: number): void {
    blockers.delete(id);
    tellBlockers();
  },
};

class NativeTheme extends EventEmitter {
  #source = 'system';
  get themeSource(): string {
    return this.#source;
  }
  set themeSource(source: string) {
    this.#source = source;
    post({ kind: 'app', state: { themeSource: source } });
    this.emit('updated');
  }
  get shouldUseDarkColors(): boolean {
    return this.#source === 'system' ? surroundings.isSystemDark : this.#source === 'dark';
  }
}
export const nativeTheme = new NativeTheme();

let clicks: (() => void)[] = [];
const shownItem = ({ click, submenu, ...item }: MenuItemConstructorOptions): ShownItem => ({
  ...(item as ShownItem),
  ...(click && { click: clicks.push(click as () => void) - 1 }),
  ...(Array.isArray(submenu) && { submenu: submenu.map(shownItem) }),
});
interface DoubledMenu {
  readonly template: readonly MenuItemConstructorOptions[];
}
export const Menu = {
  buildFromTemplate: (template: readonly MenuItemConstructorOptions[]): DoubledMenu => ({ template }),
  setApplicationMenu({ template }: DoubledMenu): void {
    clicks = [];
    post({ kind: 'menu', items: template.map(shownItem) });
  },
};

/** UtilityProcess over a plain Node process with a shim that gives it its parentPort. */
class Utility extends EventEmitter {
  readonly #child: ChildProcess;
  readonly stderr: ChildProcess['stderr'];
  pid: number | undefined;

  constructor(modulePath: string, args: readonly string[], { env = {}, serviceName }: ForkOptions) {
    super();
    const shim = ['--import', surroundings.utilityShim];
    this.#child = fork(modulePath, [...args], {
      execArgv: shim,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: env as NodeJS.ProcessEnv,
    });
    this.stderr = this.#child.stderr;
    this.#child.on('spawn', () => {
      this.pid = this.#child.pid;
      post({ kind: 'app', state: { utility: { pid: this.pid, serviceName } } });
      this.emit('spawn');
    });
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.on('close', (code, signal) => {
      this.pid = undefined;
      this.emit('exit', signal === null ? code : SIGNAL_NUMBERS[signal]);
    });
  }

  postMessage(message: object): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }
}
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGKILL: 9, SIGTERM: 15, SIGSEGV: 11, SIGABRT: 6 };

export const utilityProcess = {
  fork: (modulePath: string, args: readonly string[] = [], options: ForkOptions = {}) =>
    new Utility(modulePath, args, options),
};

async function invoke({ window, url, isMainFrame }: Sender, channel: string, args: readonly unknown[]) {
  const sender = windowOf(window)?.webContents;
  const handler = handlers.get(channel);
  if (!sender || !handler) return { error: `No handler registered for '${channel}'` };
  const isReal = isMainFrame && sender.mainFrame.url === url;
  try {
    const event = { sender, senderFrame: isReal ? sender.mainFrame : new Frame(url) };
    return { value: await handler(event, ...args) };
  } catch (error) {
    return { error: String(error) };
  }
}

async function serve(url: string, method: string): Promise<SchemeAnswer> {
  const handler = schemes.get(url.slice(0, url.indexOf(':')));
  if (!handler) return { status: 404, headers: {}, body: new Uint8Array() };
  // `Request` would tidy the address; Electron hands it over as the page wrote it.
  const response = await handler({ url, method } as Request);
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

function mayNavigate(sender: Sender, url: string): boolean {
  const event = new PreventableEvent({ url, isMainFrame: sender.isMainFrame });
  windowOf(sender.window)?.webContents.emit('will-frame-navigate', event);
  return !event.defaultPrevented;
}

function mayAttachWebview(window: number): boolean {
  const event = new PreventableEvent();
  windowOf(window)?.webContents.emit('will-attach-webview', event);
  return !event.defaultPrevented;
}

async function permitted(window: number, permission: string, url: string) {
  const contents = windowOf(window)?.webContents;
  const granted = await new Promise<boolean>((decide) =>
    requestHandler(contents, permission, decide, { requestingUrl: url }),
  );
  return { granted, checked: checkHandler(contents, permission, url) };
}

answerWith(async (question: StageQuestion) => {
  switch (question.kind) {
    case 'invoke':
      return invoke(question.sender, question.channel, question.args);
    case 'scheme':
      return serve(question.url, question.method);
    case 'navigate':
      return mayNavigate(question.sender, question.url);
    case 'window-open':
      return windowOf(question.window)?.webContents.openHandler({ url: question.url }).action;
    case 'webview':
      return mayAttachWebview(question.window);
    case 'permission':
      return permitted(question.window, question.permission, question.url);
  }
});

hear((message) => {
  if (message.kind === 'click') clicks[message.item]?.();
});
