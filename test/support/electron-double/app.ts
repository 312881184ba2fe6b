import { EventEmitter } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { did, hear, post, surroundings } from './main-line.ts';
import { allWindows, PreventableEvent, windowEvents } from './windows.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

class App extends EventEmitter {
  readonly isPackaged = surroundings.isPackaged;
  readonly #paths = new Map([
    ['userData', join(tmpdir(), 'electron-double')],
    ['home', homedir()],
  ]);
  readonly #ready: Promise<void>;
  #isQuitting = false;
  #isSandboxed = false;

  constructor() {
    super();
    this.#ready = new Promise((resolve) => setImmediate(resolve));
    windowEvents.on('web-contents-created', (contents) => this.emit('web-contents-created', {}, contents));
    windowEvents.on('closed', () => {
      if (allWindows().length > 0) return;
      if (this.#isQuitting) this.#willQuit();
      else if (!this.emit('window-all-closed')) this.quit();
    });
    hear((message) => {
      if (message.kind === 'quit') this.quit();
      if (message.kind === 'event' && message.name === 'open-file')
        this.emit('open-file', new PreventableEvent(), ...message.args);
      if (message.kind === 'event' && message.name === 'second-instance')
        this.emit('second-instance', {}, ...message.args);
    });
  }

  whenReady(): Promise<void> {
    return this.#ready;
  }
  enableSandbox(): void {
    this.#isSandboxed = true;
    did('enableSandbox', this.#isSandboxed);
  }
  getAppPath(): string {
    return surroundings.appPath;
  }
  getLocale(): string {
    return surroundings.locale;
  }
  setPath(name: string, path: string): void {
    // Electron makes no folder of its own accord.
    if (!existsSync(path)) throw new Error(`${path} is not there.`);
    this.#paths.set(name, path);
  }
  getPath(name: string): string {
    const path = this.#paths.get(name);
    if (path === undefined) throw new Error(`The double has no path ${name}.`);
    return path;
  }
  addRecentDocument(path: string): void {
    did('addRecentDocument', path);
  }
  clearRecentDocuments(): void {
    did('clearRecentDocuments', null);
  }

  requestSingleInstanceLock(): boolean {
    const folder = this.getPath('userData');
    const lock = join(folder, 'SingletonLock');
    try {
      const file = openSync(lock, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      process.on('exit', () => rmSync(lock, { force: true }));
      return true;
    } catch {
      if (isAlive(Number(readFileSync(lock, 'utf8')))) {
        post({ kind: 'second', args: process.argv, folder: process.cwd() });
        return false;
      }
      rmSync(lock, { force: true });
      return this.requestSingleInstanceLock();
    }
  }

  quit(): void {
    this.#isQuitting = true;
    this.emit('before-quit', new PreventableEvent());
    for (const window of allWindows()) window.close();
    if (allWindows().length > 0) this.#isQuitting = false;
    else this.#willQuit();
  }

  exit(code: number): void {
    process.exit(code);
  }

  #willQuit(): void {
    const event = new PreventableEvent();
    this.emit('will-quit', event);
    // What was said last must get out first.
    if (!event.defaultPrevented) setTimeout(() => process.exit(0), 50);
  }
}

export const app = new App();
