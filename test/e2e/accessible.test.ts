import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { violationsOf } from '../support/axe.ts';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, type EditorHost, startEditor } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';

/** A screen: how a person gets there with the keyboard alone, and what shows that it is there. */
interface Screen {
  readonly name: string;
  readonly keys?: readonly string[];
  /** What the keys do not reach. */
  readonly open?: (page: Page) => Promise<unknown>;
  /** A selector of what is then shown. */
  readonly shows: string;
}

const section = (index: number) => (page: Page) =>
  page.getByRole('dialog').getByRole('navigation').getByRole('button').nth(index).click();

/** Every main screen; a new one is one line here. Panels that the rail shows are visited without one. */
const screens: readonly Screen[] = [
  { name: 'canvas', shows: '.node' },
  { name: 'nodes panel', keys: ['n'], shows: 'aside [draggable=true]' },
  { name: 'models panel', keys: ['m'], shows: 'aside li' },
  { name: 'history panel', keys: ['h'], shows: 'aside ol' },
  { name: 'problems panel', keys: ['e'], shows: 'aside section' },
  { name: 'help panel', keys: ['Control+a', 'i'], shows: 'aside dl' },
  { name: 'palette', keys: ['Control+k'], shows: '[role=dialog] [role=option]' },
  { name: 'node search', keys: ['Space'], shows: '[role=dialog] [role=option]' },
  { name: 'find bar', keys: ['Control+f'], shows: 'search input' },
  { name: 'shortcuts', keys: ['Control+Shift+k'], shows: '[role=dialog] kbd' },
  { name: 'templates', keys: ['Alt+t'], shows: '[role=dialog] img' },
  { name: 'settings: appearance', keys: ['Control+,'], shows: '[role=dialog] [role=radio]' },
  { name: 'settings: folders', keys: ['Control+,'], open: section(1), shows: '[role=dialog] form' },
  { name: 'settings: output', keys: ['Control+,'], open: section(2), shows: '#name-pattern-says' },
  { name: 'settings: device', keys: ['Control+,'], open: section(3), shows: '[role=dialog] meter' },
  { name: 'settings: shortcuts', keys: ['Control+,'], open: section(4), shows: '[role=dialog] kbd' },
  {
    name: 'main menu',
    open: (page) => page.locator('header button').first().click(),
    shows: '[role=menu]',
  },
  {
    name: 'node menu',
    open: (page) => page.locator('.node-title').first().click({ button: 'right' }),
    shows: '[role=menu]',
  },
  {
    name: 'list of a choice',
    open: (page) => page.locator('[data-input=schedule] [role=combobox]').click(),
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

describe.skipIf(!hasBrowser)('accessible', () => {
  let host: EditorHost;
  beforeAll(async () => {
    host = await startEditor();
  });
  afterAll(() => host?.close());

  describe.each(['dark', 'light'] as const)('%s', (theme) => {
    describe.each(['en', 'zh'])('%s', (language) => {
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
        await editor.openDocument(fullDocument(), 'full.kronode.json');
        await editor.press('.');
      });
      afterAll(() => editor?.close());

      test('every panel of the rail', async () => {
        const { page } = editor;
        await close(editor);
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

      test.each(screens)('$name', async ({ keys = [], open, shows }) => {
        const { page } = editor;
        await close(editor);
        await page.locator('.react-flow__pane').focus();
        await editor.press(...keys);
        await open?.(page);
        await page.locator(shows).first().waitFor();
        await finished(page);
        expect(await violationsOf(page)).toEqual([]);
      });
    });
  });

  test('from an open page to a changed prompt, a picture and a saved file, without the mouse', async () => {
    const editor = await host.open();
    const { page } = editor;
    await page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
    const prompt = page.locator('[data-input=text] textarea').first();
    for (let i = 0; i < 60 && !(await isFocused(prompt)); i++) await page.keyboard.press('Tab');
    expect(await isFocused(prompt)).toBe(true);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('a blue owl');
    await page.keyboard.press('Control+Enter');
    await page.locator('.node-preview img').first().waitFor();
    expect(await prompt.inputValue()).toBe('a blue owl');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    expect(download.suggestedFilename()).toMatch(/\.kronode\.json$/);
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
