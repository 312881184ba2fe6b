import { readFileSync } from 'node:fs';
import type { BrowserWindowConstructorOptions } from 'electron';
import type { Browser, BrowserContext, CDPSession, Frame, Page, Request } from 'playwright-core';
import type { FromMain, SchemeAnswer, StageQuestion, ToMain } from './messages.ts';
import { pageSide, preloadSide } from './page-sides.ts';

const APP = 'app://kronode';
/** Chromium alone knows no schemes of ours: the page lives at an address that is none. */
const STAND_IN = 'https://app-kronode.invalid';
const toApp = (url: string): string => (url.startsWith(STAND_IN) ? APP + url.slice(STAND_IN.length) : url);

const WORLD = 'preload';

/** What Electron's permissions are called in Chromium, as far as a page can ask for them there. */
const PERMISSIONS = {
  'clipboard-sanitized-write': 'clipboard-write',
  'clipboard-read': 'clipboard-read',
  geolocation: 'geolocation',
  notifications: 'notifications',
  midi: 'midi',
  media: 'camera',
} as const;

function frameOf(request: Request): Frame | undefined {
  try {
    return request.frame();
  } catch {
    // Playwright knows the frame of a new window only later.
    return undefined;
  }
}

interface StageParts {
  readonly browser: Browser;
  readonly window: number;
  readonly options: BrowserWindowConstructorOptions;
  readonly post: (message: ToMain) => void;
  readonly ask: <T>(question: StageQuestion) => Promise<T>;
  readonly onRefused: (what: string, url: string) => void;
  readonly isDark: boolean;
}

/** A window's page: real Chromium with the real preload script in a world of its own. */
export class StagePage {
  readonly #parts: StageParts;
  readonly #context: BrowserContext;
  #page: Page | undefined;
  #cdp: CDPSession | undefined;
  readonly #ports = new Set<number>();
  readonly errors: string[] = [];
  /** Of the preload script's world in the document that is shown. */
  #world: number | undefined;
  #mainFrame = '';
  /** Told before the page's world was there. */
  #early: string[] = [];

  private constructor(parts: StageParts, context: BrowserContext) {
    this.#parts = parts;
    this.#context = context;
  }

  static async open(parts: StageParts): Promise<StagePage> {
    const { browser, isDark, options } = parts;
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
      colorScheme: isDark ? 'dark' : 'light',
      locale: 'en-US',
    });
    const stage = new StagePage(parts, context);
    await stage.#serve();
    await stage.#openPage();
    return stage;
  }

  /** The page as it is now; a crash brings another one. */
  get page(): Page {
    if (!this.#page) throw new Error('The page crashed.');
    return this.#page;
  }

  async load(url: string): Promise<void> {
    await this.#grant(url);
    if (!this.#page) await this.#openPage();
    await this.page.goto(STAND_IN + url.slice(APP.length)).catch((error: unknown) => {
      // The window may close while its page loads.
      if (this.#page?.isClosed() === false) throw error;
    });
    this.#parts.post({ kind: 'shown', window: this.#parts.window });
  }

  /** Hands a message of the main process to the preload script. */
  hear(message: FromMain): void {
    switch (message.kind) {
      case 'send':
        this.#deliver({ kind: 'send', channel: message.channel, args: message.args });
        return;
      case 'ports':
        for (const port of message.ports) this.#ports.add(port);
        this.#deliver({
          kind: 'ports',
          channel: message.channel,
          args: [message.message],
          ports: message.ports,
        });
        return;
      case 'port':
        if (this.#ports.has(message.port))
          this.#deliver({ kind: 'port', port: message.port, data: message.data });
        return;
      case 'port-closed':
        if (this.#ports.delete(message.port)) this.#deliver({ kind: 'port-closed', port: message.port });
    }
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  async #serve(): Promise<void> {
    const { window, ask, onRefused } = this.#parts;
    await this.#context.route('**/*', async (route) => {
      const request = route.request();
      const url = request.url();
      const frame = frameOf(request);
      // A window that was refused: Chromium asks for its page before it is closed again.
      if (!frame) return route.abort('aborted');
      const isPage = request.isNavigationRequest();
      const isMainFrame = isPage && frame.parentFrame() === null;
      const from = toApp(frame.url());
      // What the main process loads itself is no navigation of the page's.
      if (isPage && from !== 'about:blank') {
        const sender = { window, url: from, isMainFrame };
        if (!(await ask<boolean>({ kind: 'navigate', sender, url: toApp(url) }))) {
          onRefused('navigate', toApp(url));
          return route.abort('aborted');
        }
      }
      if (!url.startsWith(STAND_IN)) {
        onRefused('request', url);
        return route.abort('failed');
      }
      const { status, headers, body } = await ask<SchemeAnswer>({
        kind: 'scheme',
        url: toApp(url),
        method: request.method(),
      });
      return route.fulfill({ status, headers, body: Buffer.from(body) });
    });
  }

  async #openPage(): Promise<void> {
    const { window, options, ask, post, onRefused } = this.#parts;
    const page = await this.#context.newPage();
    const cdp = await this.#context.newCDPSession(page);
    this.#page = page;
    this.#cdp = cdp;
    page.on('pageerror', ({ message }) => this.errors.push(message));
    page.on('crash', () => {
      this.#leave();
      this.#page = undefined;
      void page.close();
      post({ kind: 'gone', window });
    });
    cdp.on('Page.windowOpen', ({ url }) => {
      void ask<string>({ kind: 'window-open', window, url: toApp(url) }).then((action) => {
        if (action === 'deny') onRefused('window', toApp(url));
      });
    });
    page.on('popup', (popup) => void popup.close());
    cdp.on('Runtime.executionContextCreated', ({ context }) => {
      const { frameId } = context.auxData as { readonly frameId: string };
      if (context.name !== WORLD || frameId !== this.#mainFrame) return;
      this.#world = context.id;
      for (const message of this.#early.splice(0)) this.#evaluate(message);
    });
    cdp.on('Runtime.executionContextsCleared', () => this.#leave());
    cdp.on('Runtime.bindingCalled', ({ payload, executionContextId }) => {
      if (executionContextId === this.#world) void this.#fromPage(decode(payload) as PageMessage);
    });
    await cdp.send('Page.enable');
    await cdp.send('Runtime.enable');
    this.#mainFrame = (await cdp.send('Page.getFrameTree')).frameTree.frame.id;
    await cdp.send('Runtime.addBinding', { name: 'electronDouble', executionContextName: WORLD });
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${pageSide})()` });
    const preload = readFileSync(String(options.webPreferences?.preload), 'utf8');
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
      worldName: WORLD,
      source: `if (window === top) { (${preloadSide})(); ((require) => {\n${preload}\n})(globalThis.require); }`,
    });
  }

  /** Gives the page the permissions that the main process grants, and denies all others. */
  async #grant(url: string): Promise<void> {
    const granted: string[] = [];
    for (const [permission, name] of Object.entries(PERMISSIONS)) {
      const answer = await this.#parts.ask<{ granted: boolean; checked: boolean }>({
        kind: 'permission',
        window: this.#parts.window,
        permission,
        url,
      });
      if (answer.granted && answer.checked) granted.push(name);
    }
    await this.#context.grantPermissions(granted, { origin: STAND_IN });
  }

  async #fromPage(message: PageMessage): Promise<void> {
    const { window, ask, post } = this.#parts;
    if (message.kind === 'port') return post({ kind: 'port', port: message.port, data: message.data });
    const { id, channel, args } = message;
    const sender = { window, url: toApp(this.page.url()), isMainFrame: true };
    const outcome = await ask<object>({ kind: 'invoke', sender, channel, args });
    this.#deliver({ kind: 'result', id, outcome });
  }

  /** The document is gone, and its ports with it. */
  #leave(): void {
    this.#world = undefined;
    for (const port of this.#ports) this.#parts.post({ kind: 'port-closed', port });
    this.#ports.clear();
  }

  #deliver(message: object): void {
    const json = encode(message);
    if (this.#world === undefined) this.#early.push(json);
    else this.#evaluate(json);
  }

  #evaluate(json: string): void {
    const params = { expression: `electronDeliver(${JSON.stringify(json)})`, contextId: this.#world! };
    // A page that is leaving hears nothing more.
    this.#cdp?.send('Runtime.evaluate', params).catch(() => undefined);
  }
}

type PageMessage =
  | { readonly kind: 'port'; readonly port: number; readonly data: unknown }
  | {
      readonly kind: 'invoke';
      readonly id: number;
      readonly channel: string;
      readonly args: readonly unknown[];
    };

/** As the page's side does: bytes and undefined, which JSON has not. */
const encode = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (part === undefined) return { $undefined: true };
    return part instanceof Uint8Array ? { $bytes: Buffer.from(part).toString('base64') } : part;
  });

function decode(json: string): unknown {
  const revive = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(revive);
    if ('$undefined' in part) return undefined;
    if ('$bytes' in part) return new Uint8Array(Buffer.from(String(part.$bytes), 'base64'));
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, revive(value)]));
  };
  return revive(JSON.parse(json));
}
