import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';

describe.skipIf(!hasBrowser)('where work starts', () => {
  let editor: Editor;
  let page: Page;
  editorForEach(
    (opened) => {
      editor = opened;
      page = editor.page;
    },
    { sharesServer: true },
  );

  const start = () => page.getByRole('dialog', { name: 'Start' });
  const templates = () => start().getByRole('region', { name: 'Templates' }).getByRole('button');

  test('a template is found by typing, has its files, and opens in a tab of its own', async () => {
    await editor.press('Alt+t');
    await expect.poll(() => templates().count()).toBeGreaterThan(5);
    await start().getByRole('textbox').fill('live strength');
    const card = templates().filter({ hasText: 'Live strength' });
    await expect.poll(() => card.textContent()).toContain('All files are there');
    expect(await card.locator('img').evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(
      0,
    );
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Live strength' }).waitFor();
    await expect.poll(() => editor.nodesOfType('adapters.apply').count()).toBe(1);
  });

  test('Enter opens the first that was found', async () => {
    await editor.press('Alt+t');
    await expect.poll(() => templates().count()).toBeGreaterThan(5);
    await start().getByRole('textbox').fill('prompt grid');
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Prompt grid' }).waitFor();
    await expect.poll(() => start().count()).toBe(0);
  });

  test('what nothing is called says so, and an empty workflow is a start too', async () => {
    await editor.press('Alt+t');
    await start().getByRole('textbox').fill('xyzzy');
    await start().getByText('No template is called that.').waitFor();
    await start().getByRole('button', { name: 'Empty workflow' }).click();
    await expect.poll(() => page.getByRole('tab').count()).toBe(2);
    // An empty canvas teaches: three templates, and the way to all.
    const cards = page.getByRole('main').getByRole('button', { name: /All files are there/ });
    await expect.poll(() => cards.count()).toBe(3);
    await page.getByRole('button', { name: 'All templates' }).click();
    await start().waitFor();
    await editor.press('Escape');
    await cards.first().click();
    await expect.poll(() => page.locator('.node').count()).toBeGreaterThan(5);
  });

  test('every template is written in Chinese, and its tab is called so', async () => {
    await editor.press('Control+,');
    await page.getByRole('radio', { name: '简体中文' }).click();
    await editor.press('Escape', 'Alt+t');
    const cards = page.getByRole('dialog', { name: '开始' }).getByRole('region').getByRole('button');
    await expect.poll(() => cards.count()).toBeGreaterThan(5);
    const titles = await cards.locator('.font-semibold').allTextContents();
    expect(titles.filter((title) => !/\p{Script=Han}/u.test(title))).toEqual([]);
    await cards.filter({ hasText: '实时强度' }).click();
    await page.getByRole('tab', { name: '实时强度' }).waitFor();
  });

  test('what was opened and saved is offered again, newest first, after a reload', async () => {
    const document = buildDocument({ a: { type: 'values.text', at: [0, 0], inputs: { value: 'kept' } } });
    await editor.openDocument(document, 'one.kronode.json');
    await editor.openDocument(buildDocument({ b: { type: 'values.text', at: [0, 0] } }), 'two.kronode.json');
    for (let i = 0; i < 2; i++) await editor.press('Alt+w');
    // Opened once more, it is the newest again and there once only.
    await editor.openDocument(document, 'one.kronode.json');
    await page.reload();
    await page.locator('.node').first().waitFor();
    await editor.press('Alt+t');
    const recent = start().getByRole('region', { name: 'Recent' });
    const names = () => recent.getByRole('listitem').locator('.truncate').allTextContents();
    await expect.poll(names).toEqual(['one', 'two']);
    await recent.getByRole('button', { name: 'Forget two.kronode.json' }).click();
    await expect.poll(names).toEqual(['one']);
    await recent.getByRole('button', { name: /^one/ }).click();
    await page.getByRole('tab', { name: 'one', exact: true }).waitFor();
    await expect.poll(() => editor.nodesOfType('values.text').count()).toBe(1);
  });
});
