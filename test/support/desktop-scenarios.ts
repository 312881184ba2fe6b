import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { serializeDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { commands } from '../../renderer/editor/commands/index.ts';
import { text } from '../../renderer/i18n/index.ts';
import type { DesktopApp, DesktopOptions, MenuEntry, StartDesktop } from './desktop-app.ts';
import { dropFiles } from './drop-files.ts';
import { pictureDocument } from './picture-document.ts';
import { spread } from './spread.ts';
import { tempFolder } from './temp-folder.ts';

/** Writes a workflow where a person would keep it. */
async function writeWorkflow(home: string, name: string, document: Document): Promise<string> {
  const path = join(home, `${name}.kronode.json`);
  await writeFile(path, serializeDocument(document));
  return path;
}

const tab = (page: Page, name: string | RegExp) => page.getByRole('tab', { name });
const previews = (page: Page) => page.locator('.node-preview img');

/** Changes the document; resolves when the app knows. */
export async function editSomething(app: DesktopApp, page: Page): Promise<void> {
  const before = await page.locator('.node').count();
  await page.locator('.node-title').first().click();
  await page.keyboard.press('Control+d');
  await expect.poll(() => page.locator('.node').count()).toBe(before + 1);
  await expect.poll(async () => (await app.signs()).title).toMatch(/^● /);
}

const inMenu = (menu: readonly MenuEntry[], ...labels: readonly string[]): MenuEntry | undefined => {
  let found: MenuEntry | undefined;
  let entries = menu;
  for (const label of labels) {
    found = entries.find((entry) => entry.label === label);
    entries = found?.submenu ?? [];
  }
  return found;
};

const labelsIn = async (app: DesktopApp, ...labels: readonly string[]): Promise<string[]> =>
  (inMenu(await app.menu(), ...labels)?.submenu ?? []).map(({ label }) => label);

/** Starts an app that ends with the test; resolves when its page can be used. */
export async function startReady<App extends DesktopApp>(
  start: (options: DesktopOptions) => Promise<App>,
  options: Partial<DesktopOptions> = {},
): Promise<{ readonly app: App; readonly page: Page; readonly home: string }> {
  const home = options.home ?? (await tempFolder());
  const app = await start({ home, ...options });
  onTestFinished(() => app.stop());
  const page = await app.page();
  await page.getByText('ready', { exact: true }).waitFor();
  await page.locator('.node').first().waitFor();
  // The menu bar comes last: from then on the app hears everything.
  await expect.poll(async () => (await app.menu()).length).toBeGreaterThan(3);
  return { app, page, home };
}

/** What a person does with the desktop app, on whatever it runs. */
export function desktopScenarios(start: StartDesktop): void {
  test('Ctrl+Enter makes a picture; the taskbar shows how far it is and the computer stays awake', async () => {
    const { app, page } = await startReady(start);
    await expect.poll(async () => (await app.signs()).isShown).toBe(true);
    await page.keyboard.press('Control+Enter');
    await expect.poll(async () => (await app.signs()).progress.length, { interval: 20 }).toBeGreaterThan(0);
    await previews(page).first().waitFor();
    await expect.poll(async () => (await app.signs()).progress.at(-1)).toBe(-1);
    const { progress, isKeptAwake, wasKeptAwake } = await app.signs();
    expect(progress.some((value) => value > 0 && value < 1)).toBe(true);
    expect({ isKeptAwake, wasKeptAwake }).toEqual({ isKeptAwake: false, wasKeptAwake: true });
  });

  test('an engine that is killed fails its job at its node, and the next run finds another', async () => {
    const home = await tempFolder();
    const file = await writeWorkflow(
      home,
      'long',
      spread(pictureDocument('an owl', { steps: 40, side: 96 })),
    );
    const { app, page } = await startReady(start, { home, files: [file] });
    await tab(page, 'long').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-node=sample][data-run=running]').waitFor();
    const killed = await app.enginePid();
    process.kill(killed!, 'SIGKILL');
    await page.locator('[data-node=sample][data-run=failed]').waitFor();
    await expect.poll(() => app.enginePid()).not.toBe(killed);
    await expect.poll(() => page.locator('.node').count()).toBe(8);
    await page.getByText('ready', { exact: true }).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-node=end] .node-preview img').waitFor();
  });

  test('a workflow is saved where the dialog says, then without one, and opens again', async () => {
    const { app, page, home } = await startReady(start);
    await editSomething(app, page);
    await app.answer('save', join(home, 'mine'));
    await page.keyboard.press('Control+s');
    await tab(page, 'mine').waitFor();
    // The ending that opens with a double-click on this system.
    const name = ['darwin', 'win32'].includes(process.platform) ? 'mine.kronode' : 'mine.kronode.json';
    const path = join(home, name);
    const first = await readFile(path, 'utf8');
    await expect.poll(async () => (await app.signs()).title).toBe('mine — Kronode');
    await editSomething(app, page);
    await page.keyboard.press('Control+s');
    await expect.poll(() => readFile(path, 'utf8')).not.toBe(first);
    await expect.poll(async () => (await app.dialogs()).map(({ kind }) => kind)).toEqual(['save']);
    // Nothing half-written is left behind.
    await expect
      .poll(async () => (await readdir(home)).filter((file) => file.includes('mine')))
      .toEqual([name]);
    const nodes = await page.locator('.node').count();
    await page.keyboard.press('Alt+w');
    await expect.poll(() => tab(page, 'mine').count()).toBe(0);
    await app.answer('open', [path]);
    await page.keyboard.press('Control+o');
    await tab(page, 'mine').waitFor();
    await expect.poll(() => page.locator('.node').count()).toBe(nodes);
  });

  test('both endings are offered, and a file of either opens and is saved again without asking', async () => {
    const { app, page, home } = await startReady(start);
    await editSomething(app, page);
    const path = join(home, 'short.kronode');
    await app.answer('save', path);
    await page.keyboard.press('Control+s');
    await tab(page, 'short').waitFor();
    const [asked] = await app.dialogs();
    const offered = (asked!.options.filters as { extensions: string[] }[]).map(
      ({ extensions }) => extensions,
    );
    expect(offered.sort()).toEqual([['kronode'], ['kronode.json']]);
    const first = await readFile(path, 'utf8');
    await page.keyboard.press('Alt+w');
    await expect.poll(() => tab(page, 'short').count()).toBe(0);
    // As a double-click on it does.
    await app.openFile(path);
    await tab(page, 'short').waitFor();
    await editSomething(app, page);
    await page.keyboard.press('Control+s');
    await expect.poll(() => readFile(path, 'utf8')).not.toBe(first);
    await expect.poll(async () => (await app.dialogs()).map(({ kind }) => kind)).toEqual(['save']);
  });

  test('changing one’s mind in a dialog changes nothing', async () => {
    const { app, page, home } = await startReady(start);
    await editSomething(app, page);
    await page.keyboard.press('Control+s');
    await page.keyboard.press('Control+o');
    await expect.poll(async () => (await app.dialogs()).map(({ kind }) => kind)).toEqual(['save', 'open']);
    await expect.poll(async () => (await readdir(home)).filter((name) => name.endsWith('.json'))).toEqual([]);
    await tab(page, /not saved/).waitFor();
  });

  test('what was opened is listed, also after a restart, until it is gone or the list is cleared', async () => {
    const home = await tempFolder();
    const fox = await writeWorkflow(home, 'fox', spread(pictureDocument('a fox')));
    const owl = await writeWorkflow(home, 'owl', spread(pictureDocument('an owl')));
    const first = await startReady(start, { home, files: [fox, owl] });
    await tab(first.page, 'owl').waitFor();
    await expect
      .poll(() => labelsIn(first.app, 'File', 'Open recent'))
      .toEqual(['owl.kronode.json', 'fox.kronode.json', '', 'Clear this list']);
    await first.app.closeWindow();
    await first.app.exited;
    await rm(owl);
    const { app, page } = await startReady(start, { home });
    await expect
      .poll(() => labelsIn(app, 'File', 'Open recent'))
      .toEqual(['fox.kronode.json', '', 'Clear this list']);
    await app.choose('File', 'Open recent', 'fox.kronode.json');
    await tab(page, 'fox').waitFor();
    await rm(fox);
    await app.choose('File', 'Open recent', 'fox.kronode.json');
    await page.getByText('fox.kronode.json is not there any more.').waitFor();
    await expect.poll(() => labelsIn(app, 'File', 'Open recent')).toEqual(['No recent workflows']);
  });

  test('files come from the command line, a second start and the system, each into one tab', async () => {
    const home = await tempFolder();
    const one = await writeWorkflow(home, 'one', spread(pictureDocument('one')));
    const two = await writeWorkflow(home, 'two', spread(pictureDocument('two')));
    const three = await writeWorkflow(home, 'three', spread(pictureDocument('three')));
    const { app, page } = await startReady(start, { home, files: [one] });
    await tab(page, 'one').waitFor();
    await app.startAgain(two);
    await tab(page, 'two').waitFor();
    await app.openFile(three);
    await tab(page, 'three').waitFor();
    await app.startAgain(one);
    await expect.poll(() => tab(page, 'one').getAttribute('aria-selected')).toBe('true');
    await expect.poll(() => page.getByRole('tab').count()).toBe(3 + 1);
    await expect.poll(async () => (await app.dialogs()).length).toBe(0);
  });

  test('a file that is no workflow is refused in words, and nothing changes', async () => {
    const home = await tempFolder();
    const path = join(home, 'broken.kronode.json');
    await writeFile(path, '{"nodes":');
    const { app, page } = await startReady(start, { home });
    const tabs = await page.getByRole('tab').count();
    await app.openFile(path);
    await page.locator('[data-sonner-toast]').first().waitFor();
    await app.openFile(join(home, 'nowhere.kronode.json'));
    await page.getByText('nowhere.kronode.json is not there any more.').waitFor();
    await expect.poll(() => page.getByRole('tab').count()).toBe(tabs);
  });

  test('closing asks about unsaved work: cancel stays, don’t save lets go for good', async () => {
    const { app, page, home } = await startReady(start);
    await editSomething(app, page);
    await app.answer('message', 2);
    await app.closeWindow();
    await expect.poll(async () => (await app.dialogs()).length).toBe(1);
    const { options } = (await app.dialogs())[0]!;
    expect(options.buttons).toEqual(['Save', 'Don’t save', 'Cancel']);
    expect(options.message).toMatch(/^Save the changes to “.+”\?$/);
    await tab(page, /not saved/).waitFor();
    await app.answer('message', 1);
    await app.closeWindow();
    await app.exited;
    const again = await startReady(start, { home });
    await expect.poll(() => again.page.getByRole('tab').allTextContents()).toHaveLength(1);
    await expect.poll(() => tab(again.page, /not saved/).count()).toBe(0);
    // Nothing is unsaved now: it closes without a word.
    await again.app.closeWindow();
    await again.app.exited;
    await expect.poll(async () => (await again.app.dialogs()).length).toBe(0);
  });

  test('quitting saves first where that is wished, and stays where the save is given up', async () => {
    const { app, page, home } = await startReady(start);
    await editSomething(app, page);
    await app.answer('message', 0);
    await app.quit();
    await expect.poll(async () => (await app.dialogs()).map(({ kind }) => kind)).toEqual(['message', 'save']);
    await tab(page, /not saved/).waitFor();
    await app.answer('message', 0);
    await app.answer('save', join(home, 'kept.kronode.json'));
    await app.quit();
    await app.exited;
    await expect.poll(() => readFile(join(home, 'kept.kronode.json'), 'utf8')).toContain('kronode/workflow');
  });

  test('the menu bar has every command, with its keys, in the user’s language', async () => {
    const { app, page } = await startReady(start);
    const menu = await app.menu();
    const menus = menu.map(({ label }) => label);
    expect(menus.slice(0, 3)).toEqual(['File', 'Edit', 'Nodes']);
    expect(menus.slice(-3)).toEqual(['Canvas', 'Run', 'View']);
    const shown = menu.flatMap(({ submenu }) => submenu.map(({ label }) => label));
    for (const { id } of commands) expect(shown, id).toContain(text(`cmd.${id}`));
    expect(inMenu(menu, 'Run', 'Run')?.accelerator).toBe('CommandOrControl+Enter');
    expect(inMenu(menu, 'Edit', 'Undo')?.enabled).toBe(false);
    expect(inMenu(menu, 'Canvas', 'Minimap')?.checked).toBe(true);
    await editSomething(app, page);
    const nodes = await page.locator('.node').count();
    await expect.poll(async () => inMenu(await app.menu(), 'Edit', 'Undo')?.enabled).toBe(true);
    await app.choose('Edit', 'Undo');
    await expect.poll(() => page.locator('.node').count()).toBe(nodes - 1);
    await app.choose('Canvas', 'Minimap');
    await expect.poll(async () => inMenu(await app.menu(), 'Canvas', 'Minimap')?.checked).toBe(false);
    await app.choose('View', 'English or 中文');
    await expect.poll(async () => (await app.menu()).map(({ label }) => label)).toContain('文件');
    await expect.poll(() => labelsIn(app, '文件', '最近打开')).toEqual(['没有最近的工作流']);
    await expect.poll(() => labelsIn(app, '文件')).toContain('退出 Kronode');
  });

  test('window and dialogs follow the theme that is chosen', async () => {
    const { app, page } = await startReady(start);
    await expect.poll(async () => (await app.signs()).themeSource).toBe('dark');
    await app.choose('View', 'Dark or light');
    await expect.poll(async () => (await app.signs()).themeSource).toBe('light');
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('light');
  });

  test('files and pictures are shown in their folders', async () => {
    const home = await tempFolder();
    const document = spread(pictureDocument('a cake', { save: 'cake' }));
    const file = await writeWorkflow(home, 'cake', document);
    const { app, page } = await startReady(start, { home, files: [file] });
    await tab(page, 'cake').waitFor();
    await expect
      .poll(async () => inMenu(await app.menu(), 'File', 'Show file in its folder')?.enabled)
      .toBe(true);
    await app.choose('File', 'Show file in its folder');
    await expect.poll(async () => (await app.signs()).revealed).toEqual([file]);
    await page.keyboard.press('Control+Enter');
    await page.locator('[data-node=end] .node-preview img').waitFor();
    await page.locator('[data-node=end] .node-title').click();
    await expect
      .poll(async () => inMenu(await app.menu(), 'Nodes', 'Show picture in its folder')?.enabled)
      .toBe(true);
    await app.choose('Nodes', 'Show picture in its folder');
    await expect
      .poll(async () => (await app.signs()).revealed.at(-1))
      .toMatch(/[/\\]Pictures[/\\]Kronode[/\\].*cake.*\.png$/);
  });

  test('a folder that is dropped, or the one that is meant by it, becomes a folder of models', async () => {
    const { page, home } = await startReady(start);
    const models = join(home, 'ComfyUI', 'models');
    for (const name of ['vae', 'loras']) await mkdir(join(models, name), { recursive: true });
    await page.evaluate((folder) => localStorage.setItem('dropped-from', folder), home);
    await dropFiles(page, join(home, 'ComfyUI'));
    await page.getByText(`${models} was added to the model folders.`).waitFor();
    await dropFiles(page, join(home, 'ComfyUI'));
    await page.getByText('This folder is in the list already.').waitFor();
  });

  test('the page reaches nothing but its bridge', async () => {
    const { app, page } = await startReady(start);
    const reach = await page.evaluate(() => ({
      globals: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter(
        (name) => name in globalThis,
      ),
      bridge: Object.keys((globalThis as unknown as { kronode: object }).kronode).sort(),
    }));
    expect(reach).toEqual({
      globals: [],
      bridge: [
        'closeWindow',
        'connectEngine',
        'onEvent',
        'openFile',
        'pathOf',
        'pickFolder',
        'readClip',
        'ready',
        'revealFile',
        'revealPicture',
        'saveFile',
        'setLooks',
        'setMenu',
        'setWindow',
      ],
    });
    expect((await app.signs()).preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
    });
  });

  test('a page that goes astray stays where it is, and opens no window', async () => {
    const { app, page } = await startReady(start);
    const here = page.url();
    for (const address of ['https://example.com/', 'file:///etc/passwd', 'data:text/html,hello'])
      await page.evaluate((url) => {
        location.href = url;
      }, address);
    await page.evaluate(() => {
      const link = Object.assign(document.createElement('a'), {
        href: 'https://evil.example/',
        target: '_blank',
      });
      document.body.append(link);
      link.click();
      window.open('https://huggingface.co/Tongyi-MAI/Z-Image-Turbo');
      window.open('https://huggingface.co.evil.example/');
      window.open('http://github.com/');
    });
    await expect
      .poll(async () => (await app.signs()).openedLinks)
      .toEqual(['https://huggingface.co/Tongyi-MAI/Z-Image-Turbo']);
    await page.getByText('Kronode does not open https://evil.example/.').waitFor();
    expect(page.url()).toBe(here);
    expect(page.context().pages()).toHaveLength(1);
    await expect.poll(() => page.locator('.node').count()).toBeGreaterThan(0);
  });

  test('scripts, frames and requests from elsewhere are refused by policy', async () => {
    const { page } = await startReady(start);
    const tried = await page.evaluate(async () => {
      const wanted = new Set(['connect-src', 'frame-src', 'img-src', 'script-src', 'script-src-elem']);
      const allBlocked = new Promise<void>((resolve) =>
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
          wanted.delete(effectiveDirective);
          if (wanted.size === 0) resolve();
        }),
      );
      const script = document.createElement('script');
      script.textContent = 'window.broken = true';
      document.body.append(script);
      document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://example.com/' }));
      document.body.append(Object.assign(new Image(), { src: 'https://example.com/pixel.png' }));
      const fetched = await fetch('https://example.com/').then(
        () => 'answered',
        () => 'refused',
      );
      // What is evaluated from outside may evaluate in turn; a timer of the page’s own may not.
      const evaluated = await new Promise((resolve) =>
        setTimeout(() => {
          try {
            resolve(new Function('return "ran"')());
          } catch {
            resolve('refused');
          }
        }),
      );
      await allBlocked;
      return { fetched, evaluated, ran: 'broken' in window };
    });
    expect(tried).toEqual({ fetched: 'refused', evaluated: 'refused', ran: false });
  });

  test('permissions are refused, but for writing to the clipboard', async () => {
    const { page } = await startReady(start);
    await page.bringToFront();
    const outcomes = await page.evaluate(async () => {
      const outcome = (work: Promise<unknown>) =>
        work.then(
          () => 'granted',
          () => 'refused',
        );
      return {
        write: await outcome(navigator.clipboard.writeText('hello')),
        read: await outcome(navigator.clipboard.readText()),
        place: await outcome(
          new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject)),
        ),
        camera: await outcome(navigator.mediaDevices.getUserMedia({ video: true })),
        notes: await Notification.requestPermission(),
      };
    });
    expect(outcomes).toEqual({
      write: 'granted',
      read: 'refused',
      place: 'refused',
      camera: 'refused',
      notes: 'denied',
    });
  });

  test('what the page asks is checked before it is done', async () => {
    const { app, page, home } = await startReady(start);
    const answers = await page.evaluate(async (folder) => {
      type Ask = (input?: unknown) => Promise<{ error?: { message: string } }>;
      const bridge = (globalThis as unknown as { kronode: Record<string, Ask> }).kronode;
      const asked = [
        bridge.saveFile!({ text: 'x', name: 'x', path: `${folder}/stolen.json` }),
        bridge.saveFile!({ text: 'x', name: 'x', file: '../../etc/passwd' }),
        bridge.saveFile!({ text: 'x', name: 'x', file: 'nobodychosethis' }),
        bridge.saveFile!({ text: 7, name: 'x' }),
        bridge.setMenu!('quit'),
        bridge.setMenu!([{ id: 'file', label: 'x', items: [{ kind: 'role', role: 'quit' }] }]),
        bridge.setLooks!({ theme: 'pink', language: 'en' }),
        bridge.revealFile!({ file: '/etc/passwd' }),
        bridge.revealPicture!({ picture: 'x'.repeat(65) }),
        bridge.revealPicture!({ picture: 'unknown' }),
        bridge.openFile!('/etc/passwd'),
        bridge.pickFolder!('/etc'),
      ];
      return (await Promise.all(asked)).map(({ error }) => error?.message ?? 'done');
    }, home);
    expect(answers).not.toContain('done');
    expect(answers[0]).toContain('saveFile was not asked as agreed');
    await expect.poll(async () => (await app.signs()).revealed).toEqual([]);
    await expect.poll(async () => (await app.dialogs()).length).toBe(0);
    await expect.poll(() => readdir(home)).not.toContain('stolen.json');
  });

  test('no address of ours leads out of the editor’s folder', async () => {
    const { page } = await startReady(start);
    const statuses = await page.evaluate(async () => {
      const paths = [
        '/index.html',
        '/../package.json',
        '/..%2fpackage.json',
        '/%2e%2e/main.js',
        '/preload.cjs',
        '/%',
      ];
      return Promise.all(paths.map(async (path) => [path, (await fetch(location.origin + path)).status]));
    });
    expect(statuses.map(([, status]) => status)).toEqual([200, 404, 404, 404, 404, 404]);
  });
}
