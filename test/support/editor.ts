import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { serializeDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { launchBrowser } from './browser.ts';
import { builtApp } from './built-app.ts';

/** A running editor: the built page, `serve` and a real engine, opened in real browsers. */
export interface EditorHost {
  /** A fresh browser with the editor in it; errors of the page fail its `close`. */
  open(options?: BrowserContextOptions): Promise<Editor>;
  /** Starts the server alone; with the folder of an earlier one it finds what that one left. */
  serve(data?: string): Promise<Server>;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Starts a browser for a suite, and an editor in it for whoever opens one. */
export async function startEditor(): Promise<EditorHost> {
  const app = await builtApp();
  const users = await mkdtemp(join(tmpdir(), 'kronode-users-'));
  /** A server with settings and journal of its own, so that suites find nothing of each other. */
  const start = async (known?: string): Promise<Server> => {
    const data = known ?? (await mkdtemp(join(users, 'user-')));
    const server = spawn(
      process.execPath,
      [app.serve, app.renderer, app.engine, data, join(data, 'pictures')],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const url = await new Promise<string>((resolve, reject) => {
      server.stdout.once('data', (line: Buffer) => resolve(String(line).trim()));
      server.once('exit', (code) => reject(new Error(`The editor ended with ${code}.`)));
    });
    return { server, url, data };
  };
  const browser = await launchBrowser();
  return {
    serve: start,
    browser,
    async open(options = {}) {
      const { server, url, data } = await start();
      const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        locale: 'en-US',
        permissions: ['clipboard-read', 'clipboard-write'],
        ...options,
      });
      const page = await context.newPage();
      const editor = new Editor(page, server, data);
      await editor.load(url);
      return editor;
    },
    async close() {
      await browser.close();
      await rm(users, { recursive: true, force: true });
    },
  };
}

/**
 * For a suite: before each of its tests an editor is opened, after it closed.
 * @param begin gets the editor first, and may do what all the tests begin with
 * @param options `sharesServer`: the tests have one server and engine, which is quicker to open, and find
 * nothing of each other but what that has computed. Otherwise each has its own.
 */
export function editorForEach(
  begin: (editor: Editor, host: EditorHost) => unknown,
  { sharesServer = false } = {},
): void {
  let host: EditorHost;
  let editor: Editor | undefined;
  beforeAll(async () => {
    host = await startEditor();
  });
  beforeEach(async () => {
    editor = editor ? await editor.startOver() : await host.open();
    await begin(editor, host);
  });
  afterEach(async () => {
    if (sharesServer) return editor?.leave();
    const own = editor;
    editor = undefined;
    await own?.close();
  });
  afterAll(async () => {
    await editor?.close();
    await host?.close();
  });
}

interface Server {
  readonly server: ChildProcess;
  readonly url: string;
  /** Where its settings and journal lie. */
  readonly data: string;
}

type Place = { readonly x: number; readonly y: number };

/** Processes that a server started and that live: its engine. */
export function childrenOf(server: ChildProcess): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(server.pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** Kills the engine of a server at once. */
export function killChildren(server: ChildProcess): void {
  for (const pid of childrenOf(server)) process.kill(pid, 'SIGKILL');
}

/** The editor as a person handles it: keys, pointer, what is seen. */
export class Editor {
  readonly page: Page;
  /** Where its server keeps settings, journal and caches. */
  readonly data: string;
  readonly #server: ChildProcess;
  readonly #errors: string[] = [];

  constructor(page: Page, server: ChildProcess, data: string) {
    this.page = page;
    this.data = data;
    this.#server = server;
    page.on('pageerror', (error) => this.#errors.push(error.message));
  }

  /** Opens an address of its server; resolves when the page can be used. */
  async load(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.getByText('ready', { exact: true }).waitFor();
    // The graph every first start shows: a file dropped before it would be beside or instead of it.
    await this.page.locator('.node').first().waitFor();
  }

  /** Closes the page; throws what went wrong in it. */
  async leave(): Promise<void> {
    await this.page.close();
    this.#complain();
  }

  /** A new page of the same server, after this one was left; it finds nothing of it, as at a first start. */
  async startOver(): Promise<Editor> {
    const { origin } = new URL(this.page.url());
    const context = this.page.context();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'local_storage,indexeddb' });
    await rm(join(this.data, 'journal'), { recursive: true, force: true });
    const editor = new Editor(page, this.#server, this.data);
    await editor.load(origin);
    return editor;
  }

  /** Drops a workflow file on the canvas. */
  async openDocument(document: Document, name = 'test.kronode.json'): Promise<void> {
    const text = serializeDocument(document);
    const data = await this.page.evaluateHandle(
      ([content, fileName]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content ?? ''], fileName ?? '', { type: 'application/json' }));
        return transfer;
      },
      [text, name],
    );
    await this.page.locator('.react-flow__pane').dispatchEvent('drop', { dataTransfer: data });
    await this.page.getByRole('tab', { name: name.replace('.kronode.json', ''), exact: true }).waitFor();
    await this.page.waitForFunction(
      (count) => globalThis.document.querySelectorAll('.node').length >= count,
      Object.keys(document.nodes).length,
    );
    await this.settle();
  }

  node(id: string) {
    return this.page.locator(`[data-node="${id}"]`);
  }

  nodesOfType(type: string) {
    return this.page.locator(`[data-type="${type}"]`);
  }

  wires() {
    return this.page.locator('.react-flow__edge');
  }

  /** Where the document has a node, as React Flow places it. */
  placeOf(id: string) {
    return this.page.locator(`.react-flow__node[data-id="node:${id}"]`).evaluate((element) => {
      const { e, f } = new DOMMatrix(getComputedStyle(element).transform);
      return { x: e, y: f };
    });
  }

  /** Middle of a socket, in window pixels. */
  async socket(node: string, name: string, side: 'input' | 'output'): Promise<Place> {
    const handle = this.node(node).locator(
      `.socket[data-handleid="${name}"].${side === 'input' ? 'target' : 'source'}`,
    );
    return this.middle(handle);
  }

  async middle(locator: ReturnType<Page['locator']>): Promise<Place> {
    const box = await locator.first().boundingBox();
    if (!box) throw new Error('Nothing is drawn there.');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  async drag(from: Place, to: Place, keys: readonly string[] = []): Promise<void> {
    const { mouse, keyboard } = this.page;
    await mouse.move(from.x, from.y);
    for (const key of keys) await keyboard.down(key);
    await mouse.down();
    // A person's hand starts slowly; the first pixels tell a drag from a click.
    await mouse.move(from.x + 2, from.y + 1);
    await mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
    await mouse.move(to.x, to.y, { steps: 6 });
    await mouse.up();
    for (const key of keys) await keyboard.up(key);
    await this.settle();
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
    await this.settle();
  }

  /** Types into the field that has the focus, or is about to get it. */
  async type(text: string): Promise<void> {
    await this.page.waitForFunction(() =>
      globalThis.document.activeElement?.matches('input, textarea, [contenteditable]'),
    );
    await this.page.keyboard.type(text);
  }

  /** Kills the engine process behind the server, as a crash of the runtime would. */
  killEngine(): void {
    killChildren(this.#server);
  }

  /** Two frames, after which what was done is drawn. */
  async settle(): Promise<void> {
    await this.page.evaluate(
      () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
    );
  }

  /** Until no node has changed for a while: answers of the engine may still be on their way. */
  async quiet(milliseconds = 1000): Promise<void> {
    await this.page.evaluate(
      (pause) =>
        new Promise<void>((done) => {
          let timer = setTimeout(done, pause);
          new MutationObserver(() => {
            clearTimeout(timer);
            timer = setTimeout(done, pause);
          }).observe(document.querySelector('.react-flow__nodes') ?? document.body, {
            subtree: true,
            childList: true,
            attributes: true,
            characterData: true,
          });
        }),
      milliseconds,
    );
  }

  /** Ends its part of the browser and its server; throws what went wrong in the page. */
  async close(): Promise<void> {
    await this.page.context().close();
    this.#server.stdin?.end();
    const { exitCode, signalCode } = this.#server;
    if (exitCode === null && signalCode === null)
      await new Promise((resolve) => this.#server.once('exit', resolve));
    this.#complain();
  }

  #complain(): void {
    const errors = this.#errors.splice(0);
    if (errors.length > 0) throw new Error(errors.join('\n'));
  }
}
