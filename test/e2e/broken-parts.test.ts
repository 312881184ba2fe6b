import { describe, expect, test } from 'vitest';
import type { Document } from '../../nodes/document/schema.ts';
import { library } from '../../nodes/library/index.ts';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';

const withNote = (text: string): Document => ({
  ...buildDocument({ size: { type: 'latents.empty', at: [0, 0] } }),
  notes: { n: { text, at: [400, 0], size: [280, 160] } },
});

describe.skipIf(!hasBrowser)('a defect in a part of the window', () => {
  let editor: Editor;
  editorForEach((opened) => {
    editor = opened;
  });

  const broken = () => editor.page.getByRole('alert').filter({ hasText: 'stopped working' });
  const again = () => broken().getByRole('button', { name: 'Show it again' });
  const width = () => editor.node('size').locator('[data-input=width] input');

  test('a panel that fails says so; the canvas goes on, and the panel comes back', async () => {
    await editor.openDocument(withNote('a note'));
    await editor.page.evaluate(() => {
      const sound = Date.prototype.toLocaleTimeString;
      Object.assign(globalThis, {
        mend: () => Object.assign(Date.prototype, { toLocaleTimeString: sound }),
      });
      Date.prototype.toLocaleTimeString = () => {
        throw new RangeError('no such clock');
      };
    });
    // The log tells the time of every line.
    await editor.press('Control+Enter', 'j');
    await broken().waitFor();
    await expect.poll(() => broken().textContent()).toContain('no such clock');
    await width().fill('512');
    await editor.press('Enter');
    await expect.poll(() => width().inputValue()).toBe('512');
    await editor.page.getByRole('button', { name: 'History', exact: true }).click();
    const history = editor.page.getByRole('complementary', { name: 'History' });
    await expect.poll(() => history.getByRole('listitem').count()).toBe(2);
    // Still broken.
    await again().click();
    await broken().waitFor();
    await editor.page.evaluate(() => (globalThis as unknown as { mend: () => void }).mend());
    await again().click();
    await expect.poll(() => broken().count()).toBe(0);
    await editor.page.getByRole('complementary', { name: 'Run log' }).getByRole('list').waitFor();
  });

  test('a canvas that fails leaves tabs, panels and saving; other documents are drawn', async () => {
    await editor.openDocument(withNote('sound'), 'sound.kronode.json');
    await editor.page.evaluate(() => {
      Reflect.deleteProperty(window, 'showSaveFilePicker');
      const { createDocument } = DOMImplementation.prototype;
      const { parseFromString } = DOMParser.prototype;
      Object.assign(globalThis, {
        mend: () => {
          Object.assign(DOMImplementation.prototype, { createDocument });
          Object.assign(DOMParser.prototype, { parseFromString });
        },
      });
      const fail = () => {
        throw new Error('no parser');
      };
      Object.assign(DOMImplementation.prototype, { createDocument: fail });
      Object.assign(DOMParser.prototype, { parseFromString: fail });
    });
    await editor.page.locator('.note').dblclick();
    await editor.type('More');
    await editor.press('Escape');
    await broken().waitFor();
    await expect.poll(() => broken().textContent()).toContain('no parser');
    await expect.poll(() => editor.page.locator('.react-flow').count()).toBe(0);

    const [download] = await Promise.all([
      editor.page.waitForEvent('download'),
      editor.page.keyboard.press('Control+s'),
    ]);
    expect(download.suggestedFilename()).toBe('sound.kronode.json');
    await editor.press('n');
    await editor.page.getByRole('complementary', { name: 'Nodes' }).waitFor();
    await editor.page.getByRole('tab', { name: /Text to image/ }).click();
    await expect.poll(() => broken().count()).toBe(0);
    await editor.nodesOfType('sampling.sample').waitFor();
    await editor.page.getByRole('tab', { name: /^sound/ }).click();
    await broken().waitFor();

    await editor.page.evaluate(() => (globalThis as unknown as { mend: () => void }).mend());
    await again().click();
    await expect.poll(() => broken().count()).toBe(0);
    await width().waitFor();
  });

  test('a note that no Markdown can be made of shows its text', async () => {
    await editor.openDocument(withNote(`${'> '.repeat(3900)}at the <b>bottom`), 'deep.kronode.json');
    await expect.poll(() => editor.page.locator('.note').textContent()).toContain('at the <b>bottom');
    await editor.openDocument(withNote(`${'*a_'.repeat(30_000)}long`), 'long.kronode.json');
    await expect.poll(() => editor.page.locator('.note').textContent()).toContain('*a_long');
    await expect.poll(() => broken().count()).toBe(0);
  });

  test('a browser that lets the page keep nothing is no hindrance', async () => {
    const { page } = editor;
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get: () => {
          throw new DOMException('The page may keep nothing.', 'SecurityError');
        },
      });
    });
    await page.reload();
    await editor.openDocument(withNote('still here'), 'kept.kronode.json');
    await editor.press('n');
    await page.getByRole('complementary', { name: 'Nodes' }).waitFor();
    await editor.press('Control+,');
    await page.getByRole('dialog').getByText('简体中文', { exact: true }).click();
    await page.getByRole('dialog', { name: '设置' }).waitFor();
  });

  test('a node is drawn, whatever a file holds for its inputs', async () => {
    const strange = [null, true, -1e300, 'text', [], [[]], {}, [null, { a: [1] }], [[0, 'x'], ['y']]];
    const kinds = [...library].map(([type, { inputs }]) => ({ type, names: Object.keys(inputs) }));
    const nodes = strange.flatMap((value, row) =>
      kinds.map(({ type, names }, column): [string, Parameters<typeof buildDocument>[0][string]] => [
        `n${row}_${column}`,
        {
          type,
          at: [column * 340, row * 500],
          inputs: Object.fromEntries(names.map((name) => [name, value])),
        },
      ]),
    );
    await editor.openDocument(buildDocument(Object.fromEntries(nodes)), 'strange.kronode.json');
    await expect.poll(() => broken().count()).toBe(0);
    await expect.poll(() => editor.page.locator('.node').count()).toBe(nodes.length);
  });
});
