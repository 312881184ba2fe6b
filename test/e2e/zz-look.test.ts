import { readFile } from 'node:fs/promises';
import { test } from 'vitest';
import { openDocument } from '../../nodes/document/open.ts';
import { library } from '../../nodes/library/index.ts';
import { startEditor } from '../support/editor.ts';
const size = (process.env.SIZE ?? '1440x900').split('x').map(Number);
test('look', async () => {
  const host = await startEditor();
  const editor = await host.open({
    viewport: { width: size[0]!, height: size[1]! },
    colorScheme: (process.env.SCHEME ?? 'dark') as 'dark',
  });
  try {
    if (process.env.LOC) { await editor.page.evaluate(() => localStorage.setItem('kronode.language', 'zh')); await editor.page.reload(); await editor.page.locator('.node').first().waitFor(); }
    for (const name of (process.env.NAMES ?? 'adapter-stack,strength-sweep,two-step-turbo').split(',')) {
      const text = await readFile(new URL(`../../workflows/${name}.kronode.json`, import.meta.url), 'utf8');
      await editor.openDocument(openDocument(text, library).document, `${name}.kronode.json`);
      await editor.press('Control+Enter');
      await editor.page.waitForTimeout(Number(process.env.WAIT ?? 9000));
      await editor.press('.');
      await editor.page.waitForTimeout(700);
      await editor.page.screenshot({ path: `/tmp/look-${name}-${process.env.TAG ?? ''}.png` });
    }
  } finally {
    await editor.close();
    await host.close();
  }
}, 180_000);
