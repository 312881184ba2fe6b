import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import type { Browser, Page } from 'playwright-core';
import { preview, build as viteBuild } from 'vite';
import { packageRoot } from '../../electron/package-root.ts';
import { launchBrowser } from '../support/browser.ts';

/** The built editor and the bare React Flow page, open in one browser. */
export interface Pages {
  /** The editor with its first document. */
  editor(): Promise<Page>;
  bare(): Promise<Page>;
}

/** Gives both pages to `work`; everything it started is gone afterwards. */
export async function withPages<T>(work: (pages: Pages) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'kronode-bench-'));
  const closing: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const browser: Browser = await launchBrowser();
    closing.push(() => browser.close());
    return await work({
      async editor() {
        const { server, url } = await startServer(await mkdtemp(join(folder, 'user-')));
        closing.push(() => stop(server));
        const page = await openPage(browser, url);
        await page.getByText('ready', { exact: true }).waitFor();
        await page.locator('.node').first().waitFor();
        return page;
      },
      async bare() {
        const { url, close } = await serveBarePage(join(folder, 'bare'));
        closing.push(close);
        const page = await openPage(browser, url);
        await page.waitForFunction(() => typeof window.show === 'function');
        return page;
      },
    });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** The program a user starts, with a home folder of its own. */
async function startServer(home: string) {
  const program = join(packageRoot(), 'dist', 'kronode.js');
  const server = spawn(process.execPath, [program, 'serve', '--no-open', '--port', '0'], {
    env: { ...process.env, HOME: home, USERPROFILE: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of server.stdout) {
    said += String(chunk);
    const url = /http:\/\/\S+/.exec(said)?.[0];
    if (url) return { server, url };
  }
  throw new Error(`“kronode serve” ended: ${said}`);
}

async function stop(server: ChildProcess): Promise<void> {
  server.kill('SIGTERM');
  if (server.exitCode === null) await once(server, 'exit');
}

async function serveBarePage(outDir: string) {
  const config = {
    root: join(packageRoot(), 'test', 'bench', 'bare-flow'),
    base: './',
    configFile: false as const,
    logLevel: 'error' as const,
    plugins: [react()],
    build: { outDir, emptyOutDir: true },
  };
  await viteBuild(config);
  const server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1' } });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('The bare page is served nowhere.');
  return { url, close: () => server.close() };
}
