import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { electronBinary } from '../../electron/electron-binary.ts';
import { hasBrowser, launchBrowser } from '../support/browser.ts';
import { builtApp } from '../support/built-app.ts';
import type { DesktopOptions } from '../support/desktop-app.ts';
import { desktopScenarios, editSomething, startReady } from '../support/desktop-scenarios.ts';
import { DoubleApp } from '../support/electron-double/double-app.ts';
import { RealApp } from '../support/real-app.ts';
import { tempFolder } from '../support/temp-folder.ts';

const binary = electronBinary();
// The one suite that may be skipped even where all are required: the binary comes from GitHub.
if (binary === undefined)
  process.stderr.write(
    'The suite on a real Electron is skipped: its binary is not downloaded. Get it with: node node_modules/electron/install.js\n',
  );

let programs: Awaited<ReturnType<typeof builtApp>>;
beforeAll(async () => {
  if (hasBrowser || binary !== undefined) programs = await builtApp();
});

describe.skipIf(binary === undefined)('the desktop app', { timeout: 120_000 }, () => {
  desktopScenarios(({ home, files = [] }) => RealApp.launch(binary ?? '', programs.appPath, home, files));
});

describe.skipIf(!hasBrowser)('the desktop app, on a double of Electron', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  const start = async (options: DesktopOptions) => new DoubleApp(browser, programs, options);

  desktopScenarios(start);

  describe('is safe as Electron’s checklist asks:', () => {
    test('content comes by a scheme of our own, with a policy, and only from the editor’s folder', async () => {
      const { app } = await startReady(start);
      expect(app.done).toContainEqual({
        what: 'registerSchemesAsPrivileged',
        value: [
          {
            scheme: 'app',
            privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
          },
        ],
      });
      const { status, headers } = await app.request('app://kronode/index.html');
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      expect(headers['content-security-policy']!.split('; ')).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' blob: data:",
        "font-src 'self'",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
      for (const address of [
        'app://kronode/../main.js',
        'app://kronode/..%2fmain.js',
        'app://kronode/%2e%2e/main.js',
        'app://kronode/..%5cmain.js',
        'app://kronode//etc/passwd',
        'app://kronode/%00',
        'app://kronode/%',
        'app://elsewhere/index.html',
        'app://kronode.evil.example/index.html',
      ])
        expect(await app.request(address), address).toMatchObject({ status: 404, body: new Uint8Array() });
      for (const method of ['POST', 'PUT', 'DELETE'])
        await expect
          .poll(async () => (await app.request('app://kronode/index.html', method)).status)
          .toBe(405);
    });

    test('pages are sandboxed, isolated, without Node, webviews and network lookups', async () => {
      const { app } = await startReady(start);
      expect(app.done).toContainEqual({ what: 'enableSandbox', value: true });
      const preferences = app.windowOptions.webPreferences as Record<string, unknown>;
      expect(preferences).toMatchObject({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
      });
      // What weakens a page is not even mentioned.
      for (const name of [
        'nodeIntegrationInWorker',
        'nodeIntegrationInSubFrames',
        'allowRunningInsecureContent',
        'experimentalFeatures',
        'enableBlinkFeatures',
        'navigateOnDragDrop',
      ])
        expect(preferences).not.toHaveProperty(name);
      await expect.poll(() => app.webview()).toBe(false);
    });

    test('permissions and devices are refused to everybody, the clipboard is written by our page only', async () => {
      const { app } = await startReady(start);
      const ours = 'app://kronode/index.html';
      const refused = { granted: false, checked: false };
      for (const permission of [
        'clipboard-read',
        'display-capture',
        'fileSystem',
        'fullscreen',
        'geolocation',
        'hid',
        'media',
        'midi',
        'midiSysex',
        'notifications',
        'openExternal',
        'pointerLock',
        'serial',
        'unknown',
        'usb',
      ])
        expect(await app.permission(permission, ours), permission).toEqual(refused);
      const write = 'clipboard-sanitized-write';
      await expect.poll(() => app.permission(write, ours)).toEqual({ granted: true, checked: true });
      await expect.poll(() => app.permission(write, 'https://example.com/')).toEqual(refused);
      await expect.poll(() => app.permission(write, 'app://kronode.evil.example/')).toEqual(refused);
      expect(app.done).toContainEqual({ what: 'devices', value: false });
    });

    test('messages are answered only to the main frame of our own page', async () => {
      const { app } = await startReady(start);
      const channel = 'kronode:setLooks';
      const looks = { theme: 'light', language: 'en' };
      for (const sender of [
        { url: 'https://example.com/', isMainFrame: true },
        { url: 'app://kronode.evil.example/', isMainFrame: true },
        { url: 'app://kronode/index.html', isMainFrame: false },
        { url: 'about:blank', isMainFrame: false },
        { url: 'file:///etc/passwd', isMainFrame: true },
      ])
        expect(await app.invokeAs(sender, channel, looks), sender.url).toEqual({
          value: { error: { message: 'Kronode answers only its own page.' } },
        });
      await expect.poll(async () => (await app.signs()).themeSource).toBe('dark');
      const ours = { url: 'app://kronode/index.html', isMainFrame: true };
      expect(await app.invokeAs(ours, channel, { ...looks, more: 1 })).toMatchObject({
        value: { error: { message: expect.stringContaining('not asked as agreed') } },
      });
      await expect.poll(() => app.invokeAs(ours, channel, looks)).toEqual({ value: { value: undefined } });
      await expect.poll(async () => (await app.signs()).themeSource).toBe('light');
    });

    test('the page learns no path, only names and ids', async () => {
      const { app, page, home } = await startReady(start);
      await editSomething(app, page);
      await app.answer('save', join(home, 'secret-place.kronode.json'));
      const saved = await page.evaluate(async () => {
        const { kronode } = globalThis as unknown as {
          kronode: { saveFile(input: object): Promise<{ value: { id: string; name: string } }> };
        };
        return kronode.saveFile({ text: '{}', name: 'x' });
      });
      expect(Object.keys(saved.value).sort()).toEqual(['id', 'name']);
      expect(saved.value.name).toBe('secret-place.kronode.json');
      expect(saved.value.id).toMatch(/^[\w-]{16}$/);
      expect(JSON.stringify(saved)).not.toContain(home);
    });
  });

  test('the window opens where it was, and on a screen that is there', async () => {
    const { app, home } = await startReady(start);
    await app.moveWindow({ x: 300, y: 200, width: 1200, height: 800 });
    await app.closeWindow();
    await app.exited;
    const again = await startReady(start, { home });
    expect(again.app.windowOptions).toMatchObject({ x: 300, y: 200, width: 1200, height: 800 });
    // The second screen, where it is now, will be gone.
    await again.app.moveWindow({ x: 2400, y: 100, width: 1200, height: 800 });
    await again.app.maximize();
    await again.app.closeWindow();
    await again.app.exited;
    const third = await startReady(start, { home });
    expect(third.app.windowOptions).toMatchObject({ width: 1200, height: 800 });
    expect(third.app.windowOptions).not.toHaveProperty('x');
    await expect.poll(async () => (await third.app.signs()).isMaximized).toBe(true);
  });

  test('a page that crashes starts over with what was being edited', async () => {
    const { app, page } = await startReady(start);
    await editSomething(app, page);
    const nodes = await page.locator('.node').count();
    const journal = () =>
      page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000))).then(() => true);
    await expect.poll(() => journal()).toBe(true);
    const crash = await page.context().newCDPSession(page);
    crash.send('Page.crash').catch(() => undefined);
    await expect.poll(async () => (await app.page()) !== page).toBe(true);
    const fresh = await app.page();
    await fresh.getByRole('tab', { name: /not saved/ }).waitFor();
    await expect.poll(() => fresh.locator('.node').count()).toBe(nodes);
  });

  test('only a piece of a workflow is read from the clipboard', async () => {
    const { app, page } = await startReady(start);
    const read = () =>
      page.evaluate(() =>
        (globalThis as unknown as { kronode: { readClip(): Promise<object> } }).kronode.readClip(),
      );
    app.clipboard = 'my password';
    await expect.poll(() => read()).toEqual({ value: '' });
    app.clipboard = '{"format":"kronode/clipboard","nodes":{},"frames":{},"notes":{},"wires":[]}';
    await expect.poll(() => read()).toEqual({ value: app.clipboard });
  });

  test('settings of the window that are damaged are set aside', async () => {
    const home = await tempFolder();
    const folder = join(home, 'data', 'kronode');
    const { app } = await startReady(start, { home });
    await app.closeWindow();
    await app.exited;
    await expect
      .poll(async () => JSON.parse(await readFile(join(folder, 'desktop.json'), 'utf8')))
      .toMatchObject({ theme: 'dark' });
    await writeFile(join(folder, 'desktop.json'), '{"bounds":');
    const again = await startReady(start, { home });
    expect(again.app.windowOptions).toMatchObject({ width: 1440, height: 900 });
  });
});
