import { readFile } from 'node:fs/promises';
import { test } from 'vitest';
import { openDocument } from '../nodes/document/open.ts';
import { library } from '../nodes/library/index.ts';
import { startEditor } from './support/editor.ts';

test('shots', { timeout: 300_000 }, async () => {
  const host = await startEditor();
  const text = await readFile(new URL('../workflows/live-strength.kronode.json', import.meta.url), 'utf8');
  const template = openDocument(text, library).document;
  for (const [name, options, dark] of [
    ['dark-en', { viewport: { width: 1440, height: 900 } }, true],
    ['light-zh', { viewport: { width: 1024, height: 700 } }, false],
  ] as const) {
    const editor = await host.open(options);
    if (!dark) {
      await editor.page.evaluate(() => { localStorage.setItem('kronode.language', 'zh'); localStorage.setItem('kronode.ui', JSON.stringify({ theme: 'light' })); });
      await editor.page.reload();
      await editor.page.locator('.node').first().waitFor();
    }
    await editor.openDocument(template, 'live.kronode.json');
    await editor.press('.');
    await editor.press('Control+Enter');
    await editor.node('save').locator('.node-preview img').waitFor({ timeout: 60_000 });
    const slider = editor.node('adapter').getByRole('slider');
    await slider.focus();
    await editor.quiet();
    await editor.press('p');
    await editor.press('Home');
    await editor.quiet(1500);
    await editor.press('p');
    await editor.press('End');
    await editor.quiet(1500);
    await editor.page.screenshot({ path: `/tmp/shot-${name}.png` });
    await editor.page.keyboard.down('b');
    await editor.quiet(1500);
    await editor.node('save').locator('.pin-picture').first().focus();
    await editor.page.screenshot({ path: `/tmp/shot-${name}-before.png` });
    const a = await editor.node('adapter').boundingBox();
    await editor.page.screenshot({ path: `/tmp/shot-${name}-adapter.png`, clip: { x: a!.x - 10, y: a!.y - 10, width: a!.width + 20, height: a!.height + 20 } });
    await editor.page.keyboard.up('b');
    await editor.close();
  }
  await host.close();
});
