import { EventEmitter } from 'node:events';
import type { BrowserWindowConstructorOptions } from 'electron';
import { hear, post } from './main-line.ts';
import type { Bounds } from './messages.ts';
import type { Port } from './ports.ts';

/** Events as Electron hands them out: a listener may forbid what is about to happen. */
export class PreventableEvent {
  defaultPrevented = false;
  constructor(fields: object = {}) {
    Object.assign(this, fields);
  }
  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

const originOf = (url: string): string => /^[a-z]+:\/\/[^/]*/.exec(url)?.[0] ?? 'null';

/** WebFrameMain. */
export class Frame {
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
  get origin(): string {
    return originOf(this.url);
  }
}

type OpenHandler = (details: { readonly url: string }) => { readonly action: 'allow' | 'deny' };

class WebContents extends EventEmitter {
  readonly id: number;
  mainFrame = new Frame('about:blank');
  openHandler: OpenHandler = () => ({ action: 'allow' });

  constructor(id: number) {
    super();
    this.id = id;
  }

  send(channel: string, ...args: readonly unknown[]): void {
    post({ kind: 'send', window: this.id, channel, args });
  }

  postMessage(channel: string, message: unknown, transfer: readonly Port[] = []): void {
    for (const port of transfer) port.moveToPage();
    post({ kind: 'ports', window: this.id, channel, message, ports: transfer.map(({ id }) => id) });
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler;
  }
}

const windows = new Map<number, BrowserWindow>();
let count = 0;

/** Hears of windows and pages; the doubled `app` does. */
export const windowEvents = new EventEmitter();
export const allWindows = (): BrowserWindow[] => [...windows.values()];
export const windowOf = (id: number): BrowserWindow | undefined => windows.get(id);

export class BrowserWindow extends EventEmitter {
  readonly id = ++count;
  readonly webContents = new WebContents(this.id);
  #bounds: Bounds;
  #isMaximized = false;
  #isDestroyed = false;

  constructor(options: BrowserWindowConstructorOptions) {
    super();
    const { x = 100, y = 100, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    windows.set(this.id, this);
    post({ kind: 'window', window: this.id, options });
    windowEvents.emit('web-contents-created', this.webContents);
  }

  loadURL(url: string): Promise<void> {
    this.webContents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false, url });
    this.webContents.mainFrame = new Frame(url);
    post({ kind: 'load', window: this.id, url });
    return Promise.resolve();
  }

  show(): void {
    this.#tell({ isShown: true });
  }
  focus(): void {
    this.#tell({ isFocused: true });
  }
  isMinimized(): boolean {
    return false;
  }
  maximize(): void {
    this.#isMaximized = true;
    this.#tell({ isMaximized: true });
    this.emit('maximize');
  }
  isMaximized(): boolean {
    return this.#isMaximized;
  }
  move(bounds: Bounds): void {
    this.#bounds = bounds;
    this.emit('resize');
  }
  getNormalBounds(): Bounds {
    return this.#bounds;
  }
  setTitle(title: string): void {
    this.#tell({ title });
  }
  setDocumentEdited(isEdited: boolean): void {
    this.#tell({ isEdited });
  }
  setBackgroundColor(background: string): void {
    this.#tell({ background });
  }
  setProgressBar(progress: number): void {
    this.#tell({ progress });
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  close(): void {
    if (this.#isDestroyed) return;
    const event = new PreventableEvent();
    this.emit('close', event);
    if (event.defaultPrevented) return;
    this.#isDestroyed = true;
    windows.delete(this.id);
    post({ kind: 'closed', window: this.id });
    this.emit('closed');
    windowEvents.emit('closed');
  }

  #tell(state: object): void {
    post({ kind: 'changed', window: this.id, state });
  }
}

hear((message) => {
  if (!('window' in message)) return;
  const window = windows.get(message.window);
  if (message.kind === 'shown') window?.emit('ready-to-show');
  if (message.kind === 'gone') window?.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  if (message.kind !== 'user') return;
  if (message.does.kind === 'close') window?.close();
  if (message.does.kind === 'maximize') window?.maximize();
  if (message.does.kind === 'move') window?.move(message.does.bounds);
});
