import { join } from 'node:path';
import {
  app,
  type BrowserWindow,
  clipboard,
  dialog,
  type IpcMainInvokeEvent,
  Menu,
  MessageChannelMain,
  nativeTheme,
  session,
  shell,
} from 'electron';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import { isWorkflowName } from '../../nodes/document/file-name.ts';
import type { EngineHost } from '../../nodes/host.ts';
import { portTransport } from '../../nodes/protocol/port-transport.ts';
import type { DesktopEvent, MenuDescription } from '../ipc/channels.ts';
import { type ChannelHandlers, handleChannels } from '../ipc/handle.ts';
import { ENGINE_PORT_NAME, EVENT_NAME } from '../ipc/names.ts';
import { createSupervisedHost } from '../supervisor/supervised-host.ts';
import { APP_ORIGIN, serveApp } from './app-scheme.ts';
import { DesktopMemory } from './desktop-memory.ts';
import { guardClosing } from './farewell.ts';
import { askForFolder, askWhatToOpen, askWhereToSave } from './file-dialogs.ts';
import { guardPages, guardPermissions } from './guard.ts';
import { showJobs } from './job-signs.ts';
import { openLink } from './links.ts';
import { buildMenu } from './menu.ts';
import { RecentFiles } from './recent-files.ts';
import { UserFiles } from './user-files.ts';
import { utilityEngine } from './utility-engine.ts';
import { openWindow } from './window.ts';
import { type Words, wordsOf } from './words.ts';

/** Marks a piece of a workflow on the clipboard; nothing else there is read for the page. */
const CLIP_MARK = '"kronode/clipboard"';

const complain = (error: unknown): void => console.error(error instanceof Error ? error.message : error);

/** The desktop app: one window around the editor, with a host for its engine. */
export class Desktop {
  readonly #dist: string;
  readonly #host: EngineHost;
  readonly #memory: DesktopMemory;
  readonly #files = new UserFiles();
  readonly #recent: RecentFiles;
  #window: BrowserWindow | undefined;
  #closeNow: (() => void) | undefined;
  #isPageReady = false;
  /** Files to open that came before the page was ready. */
  #waiting: string[] = [];
  #menu: MenuDescription = [];
  #unsaved: readonly string[] = [];
  #isQuitting = false;

  private constructor(dist: string, host: EngineHost, memory: DesktopMemory) {
    this.#dist = dist;
    this.#host = host;
    this.#memory = memory;
    this.#recent = new RecentFiles(memory, () => this.#showMenu());
  }

  /** @throws UserError when the app is not built, or its folders cannot be used. */
  static async start(): Promise<Desktop> {
    const dist = join(app.getAppPath(), 'dist');
    await serveApp(join(dist, 'renderer'));
    const memory = await DesktopMemory.open(app.getPath('userData'), complain);
    nativeTheme.themeSource = memory.value.theme;
    const host = await createSupervisedHost({
      spawn: utilityEngine(join(dist, 'engine.js')),
      reveal: (path) => shell.showItemInFolder(path),
      onLog: ({ level, message }) => level === 'info' || complain(message),
    });
    const desktop = new Desktop(dist, host, memory);
    guardPermissions(session.defaultSession);
    guardPages((url) => void openLink(url).catch((error) => desktop.#fail(error)));
    handleChannels(desktop.#handlers(), { origin: APP_ORIGIN, onDefect: complain });
    showJobs(host, () => desktop.#window, complain);
    desktop.#recent.prune();
    desktop.#showMenu();
    desktop.show();
    return desktop;
  }

  /** Brings the window to the front, or opens it again. */
  show(): void {
    if (this.#window) {
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.focus();
      return;
    }
    this.#isPageReady = false;
    this.#unsaved = [];
    const window = openWindow({
      dist: this.#dist,
      memory: this.#memory,
      onKeepsCrashing: () => {
        const { keepsCrashing, keepsCrashingDetail } = this.#words();
        dialog.showErrorBox(keepsCrashing, keepsCrashingDetail);
        this.#closeNow?.();
      },
    });
    this.#window = window;
    this.#closeNow = guardClosing(window, {
      unsaved: () => this.#unsaved,
      words: () => this.#words(),
      tell: (unsaved) => this.#tell({ kind: 'closing', unsaved }),
      onStay: () => {
        this.#isQuitting = false;
      },
    });
    window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) this.#isPageReady = false;
    });
    window.on('closed', () => {
      this.#window = undefined;
      if (this.#isQuitting) app.quit();
    });
  }

  /** Opens files a person named outside of the window, one tab each. */
  openFiles(paths: readonly string[]): void {
    this.show();
    for (const path of paths) this.#openSoon(path);
  }

  quitting(): void {
    this.#isQuitting = true;
  }

  /** Ends the engine and finishes writing. */
  async dispose(): Promise<void> {
    await Promise.all([this.#host.dispose(), this.#memory.settled()]);
  }

  #handlers(): ChannelHandlers {
    return {
      ready: () => {
        this.#isPageReady = true;
        for (const path of this.#waiting.splice(0)) this.#openSoon(path);
        return undefined;
      },
      connectEngine: (_input, { sender }: IpcMainInvokeEvent) => {
        const { port1, port2 } = new MessageChannelMain();
        this.#host.connect(portTransport(port1));
        sender.postMessage(ENGINE_PORT_NAME, null, [port2]);
        return undefined;
      },
      openFile: async () => {
        const path = this.#window && (await askWhatToOpen(this.#window, this.#words()));
        return path === undefined ? undefined : this.#read(path);
      },
      pickFolder: async () => this.#window && askForFolder(this.#window),
      saveFile: async ({ text, name, file }) => {
        const path = file === undefined ? await this.#askWhere(name) : this.#files.pathOf(file);
        if (path === undefined) return undefined;
        const saved = await this.#files.write(path, text);
        this.#recent.add(path);
        return saved;
      },
      revealFile: ({ file }) => {
        shell.showItemInFolder(this.#files.pathOf(file));
        return undefined;
      },
      revealPicture: ({ picture }) => {
        const path = this.#host.picturePath(picture);
        if (path === undefined)
          throw new UserError('This picture lies in no folder.', { hint: 'Only saved pictures do.' });
        shell.showItemInFolder(path);
        return undefined;
      },
      setMenu: (menu) => {
        this.#menu = menu;
        this.#showMenu();
        return undefined;
      },
      setWindow: ({ title, unsaved }) => {
        this.#unsaved = unsaved;
        this.#window?.setTitle(title);
        this.#window?.setDocumentEdited(unsaved.length > 0);
        return undefined;
      },
      setLooks: ({ theme, language }) => {
        nativeTheme.themeSource = theme;
        this.#memory.update({ theme, language });
        this.#showMenu();
        return undefined;
      },
      closeWindow: () => {
        this.#closeNow?.();
        return undefined;
      },
      readClip: async () => {
        const text = await clipboard.readText();
        return text.includes(CLIP_MARK) ? text : '';
      },
    };
  }

  #openSoon(path: string): void {
    if (!this.#isPageReady) this.#waiting.push(path);
    else
      this.#read(path)
        .then((file) => this.#tell({ kind: 'open', file }))
        .catch((error: unknown) => this.#fail(error));
  }

  async #read(path: string) {
    try {
      const file = await this.#files.read(path);
      if (isWorkflowName(path)) this.#recent.add(path);
      return file;
    } catch (error) {
      this.#recent.prune();
      throw error;
    }
  }

  async #askWhere(name: string): Promise<string | undefined> {
    return this.#window && askWhereToSave(this.#window, this.#words(), name);
  }

  #showMenu(): void {
    Menu.setApplicationMenu(
      buildMenu(this.#menu, {
        words: this.#words(),
        recent: this.#recent.paths,
        onCommand: (id) => this.#tell({ kind: 'command', id }),
        onRecent: (path) => this.openFiles([path]),
        onClearRecent: () => this.#recent.clear(),
      }),
    );
  }

  #words(): Words {
    return wordsOf(this.#memory.value.language ?? (app.getLocale().startsWith('zh') ? 'zh' : 'en'));
  }

  #tell(event: DesktopEvent): void {
    this.#window?.webContents.send(EVENT_NAME, event);
  }

  #fail(error: unknown): void {
    if (!(error instanceof UserError)) complain(error);
    const hint = error instanceof UserError ? error.hint : undefined;
    this.#tell({ kind: 'failed', message: messageOf(error), ...(hint !== undefined && { hint }) });
  }
}
