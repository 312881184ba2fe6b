import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDocument } from '../../nodes/document/open.ts';
import { library } from '../../nodes/library/index.ts';
import { violationsOf } from '../support/axe.ts';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, type EditorHost, startEditor } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';

/** A screen: how a person gets there, and what shows that it is there. */
interface Screen {
  readonly name: string;
  readonly keys?: readonly string[];
  /** What the keys do not reach. */
  readonly open?: (editor: Editor) => Promise<unknown>;
  /** A selector of what is then shown. */
  readonly shows: string;
  /** What has to end before the next screen. */
  readonly leave?: (editor: Editor) => Promise<unknown>;
}

const SLOW = { timeout: 60_000 };

const section =
  (index: number) =>
  ({ page }: Editor) =>
    page.getByRole('dialog').getByRole('navigation').getByRole('button').nth(index).click();

/** Looks at the newest picture with these keys. */
const viewing =
  (...keys: readonly string[]) =>
  async (editor: Editor) => {
    await editor.page.locator('aside [role=option] img').nth(1).waitFor(SLOW);
    await editor.page.locator('aside [role=listbox]').focus();
    await editor.press('Home', ...keys);
    await editor.page.locator('[role=dialog] figure img').first().waitFor(SLOW);
  };

/** A long run with another behind it. */
async function keepBusy(editor: Editor): Promise<void> {
  await editor.openDocument(
    spread(pictureDocument('an owl', { steps: 400, side: 256, title: 'Owl' })),
    'owl.kronode.json',
  );
  await editor.press('Control+Enter', 'Control+Enter', 'q');
}

async function rest(editor: Editor): Promise<void> {
  const { page } = editor;
  const jobs = page.locator('aside [data-job]:has([role=progressbar], .row-handle)');
  await editor.press('Control+Alt+Enter', 'Control+Alt+Enter');
  await expect
    .poll(async () => {
      if ((await jobs.count()) > 0) await editor.press('Control+Alt+Enter');
      return jobs.count();
    }, SLOW)
    .toBe(0);
}

async function pinTwo(editor: Editor): Promise<void> {
  const { page } = editor;
  const path = new URL('../../workflows/live-strength.kronode.json', import.meta.url);
  await editor.openDocument(
    openDocument(await readFile(path, 'utf8'), library).document,
    'live.kronode.json',
  );
  await editor.press('.', 'Control+Enter');
  await editor.node('save').locator('.node-preview img').waitFor(SLOW);
  await editor.node('adapter').getByRole('slider').focus();
  await editor.press('p', 'Home', 'p');
  await page.locator('.pin-picture').nth(1).waitFor(SLOW);
}

async function enterSubgraph(editor: Editor): Promise<void> {
  await editor.openDocument(spread(pictureDocument('a red apple')), 'packed.kronode.json');
  await editor.node('schedule').locator('.node-title').click();
  await editor.press('Control+Shift+e', 'Enter');
}

/** Every main screen; a new one is one line here. */
const screens: readonly Screen[] = [
  { name: 'canvas', shows: '.node' },
  { name: 'empty canvas', keys: ['Alt+n'], shows: 'main img' },
  { name: 'nodes panel', keys: ['n'], shows: 'aside [draggable=true]' },
  { name: 'models panel', keys: ['m'], shows: 'aside li' },
  { name: 'downloads panel', keys: ['d'], shows: 'aside button.bg-accent' },
  {
    name: 'downloads panel, allowed',
    keys: ['d'],
    open: ({ page }) => page.locator('aside button.bg-accent').click(),
    shows: 'aside li button',
  },
  { name: 'history panel', keys: ['h'], shows: 'aside ol' },
  { name: 'problems panel', keys: ['e'], shows: 'aside section' },
  { name: 'help panel', keys: ['Control+a', 'i'], shows: 'aside dl' },
  { name: 'pictures panel', keys: ['g'], shows: 'aside [role=option] img' },
  { name: 'viewer', keys: ['g'], open: viewing('Enter', 'i'), shows: '[role=dialog] aside dl' },
  { name: 'viewer: compare slider', keys: ['g'], open: viewing('d'), shows: '[role=dialog] [role=slider]' },
  {
    name: 'viewer: side by side',
    keys: ['g'],
    open: async (editor) => {
      await viewing('d')(editor);
      await editor.page.locator('[role=dialog] [role=radio]').last().click();
    },
    shows: '[role=dialog] figure:nth-of-type(2) img',
  },
  {
    name: 'queue: running, waiting and failed',
    open: keepBusy,
    shows: 'aside [data-job] .row-handle',
    leave: rest,
  },
  { name: 'run log', keys: ['j'], shows: 'aside table' },
  { name: 'live mode with pins', open: pinTwo, shows: '.pin-picture' },
  { name: 'inside a subgraph', open: enterSubgraph, shows: '.breadcrumb' },
  { name: 'palette', keys: ['Control+k'], shows: '[role=dialog] [role=option]' },
  {
    name: 'wires of a node',
    open: async (editor) => {
      await editor.node('sample').locator('.node-title').click();
      await editor.press('c');
    },
    shows: '[role=dialog] [role=option]',
  },
  { name: 'node search', keys: ['Space'], shows: '[role=dialog] [role=option]' },
  {
    name: 'search on canvas',
    keys: ['Control+f'],
    open: (editor) => editor.page.locator('search input').pressSequentially('sampling'),
    shows: 'search [role=status]',
  },
  { name: 'shortcuts', keys: ['Control+Shift+k'], shows: '[role=dialog] kbd' },
  { name: 'templates', keys: ['Alt+t'], shows: '[role=dialog] img' },
  { name: 'settings: appearance', keys: ['Control+,'], shows: '[role=dialog] [role=radio]' },
  { name: 'settings: folders', keys: ['Control+,'], open: section(1), shows: '[role=dialog] form' },
  { name: 'settings: output', keys: ['Control+,'], open: section(2), shows: '#name-pattern-says' },
  { name: 'settings: device', keys: ['Control+,'], open: section(3), shows: '[role=dialog] meter' },
  { name: 'settings: shortcuts', keys: ['Control+,'], open: section(4), shows: '[role=dialog] kbd' },
  {
    name: 'main menu',
    open: ({ page }) => page.locator('header button').first().click(),
    shows: '[role=menu]',
  },
  {
    name: 'node menu',
    open: ({ page }) => page.locator('.node-title').first().click({ button: 'right' }),
    shows: '[role=menu]',
  },
  {
    name: 'list of a choice',
    open: ({ page }) => page.locator('[data-input=schedule] [role=combobox]').click(),
    shows: '[role=option]',
  },
  {
    name: 'closing an unsaved tab',
    keys: ['Control+a', 'Control+d', 'Alt+w'],
    shows: '[role=dialog] footer',
  },
];

/** A document with a bit of everything: a picture, a problem, a frame, a note, a kind nobody knows. */
function fullDocument() {
  const document = spread(pictureDocument('a red apple', { seed: 7 }));
  return {
    ...document,
    nodes: {
      ...document.nodes,
      stranger: buildDocument({ x: { type: 'other.kind', inputs: { a: 1 }, at: [0, 800] } }).nodes.x!,
      bad: buildDocument({ x: { type: 'models.load', inputs: { model: 'gone' }, at: [0, 500] } }).nodes.x!,
    },
    frames: {
      f: { title: 'Frame', at: [-40, -80] as [number, number], size: [340, 300] as [number, number] },
    },
    notes: {
      n: {
        text: '# Note\n\nwith **words**',
        at: [400, 700] as [number, number],
        size: [280, 160] as [number, number],
      },
    },
  };
}

/** One whose run fails at a node. */
function failingDocument() {
  const document = spread(pictureDocument('a cake', { title: 'Cake' }));
  const sample = { ...document.nodes.sample!, inputs: { guidance: 2 } };
  return { ...document, nodes: { ...document.nodes, sample } };
}

describe.skipIf(!hasBrowser)('accessible', { timeout: 120_000 }, () => {
  let host: EditorHost;
  beforeAll(async () => {
    host = await startEditor();
  });
  afterAll(() => host?.close());

  // Colours come with the theme, names with the language: two pairs have both of each.
  describe.each([
    ['dark', 'en'],
    ['light', 'zh'],
  ] as const)('%s, %s', (theme, language) => {
    let editor: Editor;
    beforeAll(async () => {
      editor = await host.open();
      const { page } = editor;
      await page.evaluate(
        ([value, words]) => {
          localStorage.setItem('kronode.ui', JSON.stringify({ theme: value }));
          localStorage.setItem('kronode.language', words ?? '');
        },
        [theme, language],
      );
      await page.reload();
      await page.locator('.node').first().waitFor();
      for (const seed of [1, 2]) {
        const name = `fruit-${seed}`;
        await editor.openDocument(
          spread(pictureDocument('a pear', { seed, save: name, steps: 1 })),
          `${name}.kronode.json`,
        );
        await editor.press('Control+Enter');
        await editor.node('end').locator('.node-preview img').waitFor(SLOW);
      }
      await editor.openDocument(failingDocument(), 'failing.kronode.json');
      await editor.press('Control+Enter');
      await page.locator('.node-error').first().waitFor(SLOW);
      await editor.openDocument(fullDocument(), 'full.kronode.json');
      await editor.press('.');
    }, 180_000);
    afterAll(() => editor?.close());

    /** The full document alone, with nothing over it and no panel beside it. */
    const start = async () => {
      await close(editor);
      await editor.page.getByRole('tab', { name: /^full/ }).click();
      await editor.node('bad').waitFor();
      // Keys are for the canvas, not for the tab that was clicked.
      await editor.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    };

    test('every panel of the rail', async () => {
      const { page } = editor;
      await start();
      const buttons = page.locator('nav').first().getByRole('button');
      for (let i = 0; i < (await buttons.count()); i++) {
        await buttons.nth(i).click();
        await page.locator('aside header').first().waitFor();
        await editor.quiet(500);
        await finished(page);
        expect(await violationsOf(page)).toEqual([]);
        await close(editor);
      }
    });

    test.each(screens)('$name', async ({ keys = [], open, shows, leave }) => {
      const { page } = editor;
      await start();
      try {
        await editor.press(...keys);
        await open?.(editor);
        await page.locator(shows).first().waitFor(SLOW);
        await finished(page);
        expect(await violationsOf(page)).toEqual([]);
      } finally {
        await leave?.(editor);
      }
    });
  });

  test('from an open page to a changed prompt, a picture and a saved file, without the mouse', async () => {
    const editor = await host.open();
    const { page } = editor;
    await page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
    const prompt = page.locator('[data-input=text] textarea').first();
    for (let i = 0; i < 60 && !(await isFocused(prompt)); i++) await page.keyboard.press('Tab');
    await expect.poll(() => isFocused(prompt)).toBe(true);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('a blue owl');
    await page.keyboard.press('Control+Enter');
    await page.locator('.node-preview img').first().waitFor();
    await expect.poll(() => prompt.inputValue()).toBe('a blue owl');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    expect(download.suggestedFilename()).toMatch(/\.kronode\.json$/);
    await editor.close();
  });

  test('nodes are wired, and wires removed, without the mouse', async () => {
    const editor = await host.open();
    const { page } = editor;
    await editor.openDocument(
      buildDocument({
        size: { type: 'latents.empty', at: [0, 0] },
        sample: { type: 'sampling.sample', at: [500, 0] },
      }),
    );
    const search = page.getByRole('combobox', { name: 'What to connect…' });
    await editor
      .node('size')
      .getByRole('button', { name: /^Menu of/ })
      .focus();
    await editor.press('c');
    await search.waitFor();
    await editor.type('sample latent');
    await expect
      .poll(() => page.getByRole('option').allTextContents())
      .toEqual(['Empty latent · latent → Sample · latent']);
    await editor.press('Enter');
    await expect.poll(() => editor.wires().count()).toBe(1);
    expect(await editor.wires().getAttribute('aria-label')).toBe(
      'Wire from size · latent to sample · latent',
    );
    await editor.press('c');
    await search.waitFor();
    await editor.type('sample latent');
    await editor.press('Enter');
    await expect.poll(() => editor.wires().count()).toBe(0);
    await editor.press('Control+z');
    await expect.poll(() => editor.wires().count()).toBe(1);
    const focused = () => page.evaluate(() => document.activeElement?.classList.contains('react-flow__edge'));
    for (let i = 0; i < 60 && !(await focused()); i++) await page.keyboard.press('Tab');
    await editor.press('Delete');
    await expect.poll(() => editor.wires().count()).toBe(0);
    await editor.close();
  });

  test.each(['dark', 'light'])('every stop of the Tab key is seen in %s', async (theme) => {
    const editor = await host.open();
    const { page } = editor;
    await page.evaluate((value) => {
      localStorage.setItem('kronode.ui', JSON.stringify({ theme: value, leftPanel: 'models' }));
    }, theme);
    await page.reload();
    await page.locator('.node').first().waitFor();
    await page.locator('aside li').first().waitFor();
    const unseen: string[] = [];
    for (let i = 0; i < 70; i++) {
      await page.keyboard.press('Tab');
      await editor.settle();
      const stop = await page.evaluate(focusStop);
      if (stop !== undefined) unseen.push(stop);
    }
    expect(unseen).toEqual([]);
    await editor.close();
  });
});

const isFocused = (locator: ReturnType<Page['locator']>) =>
  locator.evaluate((element) => element === document.activeElement);

/** Says which element has the focus where nothing shows it; undefined where it is seen. */
function focusStop(): string | undefined {
  const element = document.activeElement;
  if (!element || element === document.body) return undefined;
  const drawn = (style: CSSStyleDeclaration) =>
    style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 1;
  const shadow = (style: CSSStyleDeclaration) => style.boxShadow !== 'none';
  const box = element.getBoundingClientRect();
  let opacity = 1;
  for (let at: Element | null = element; at; at = at.parentElement)
    opacity *= Number(getComputedStyle(at).opacity);
  // A wire has no box of its own to be framed.
  const wire = element.querySelector('.wire-line');
  if (wire && Number.parseFloat(getComputedStyle(wire).strokeWidth) > 3) return undefined;
  const around = element.closest('.react-flow__node')?.querySelector('.node');
  const isSeen = [element, element.parentElement, around].some(
    (part) =>
      part &&
      (drawn(getComputedStyle(part)) || (part !== element.parentElement && shadow(getComputedStyle(part)))),
  );
  if (isSeen && opacity > 0.3 && box.width > 0 && box.height > 0) return undefined;
  return `${element.outerHTML.slice(0, 120)} opacity ${opacity}`;
}

/** Until nothing fades or slides any more: colours on their way are not the ones that stay. */
const finished = (page: Page) =>
  page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
        .map((animation) => animation.finished.catch(() => undefined)),
    ).then(() => undefined),
  );

/** Back to the canvas, with nothing over it and no panel beside it. */
async function close(editor: Editor): Promise<void> {
  const { page } = editor;
  for (let i = 0; i < 3; i++) await editor.press('Escape');
  const panels = page.locator('aside header button');
  while ((await panels.count()) > 0) await panels.first().click();
  await expect.poll(() => page.locator('[role=dialog], [role=menu], search').count()).toBe(0);
  // No tip of a control is open.
  await page.mouse.move(700, 30);
}
