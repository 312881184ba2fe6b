import { describe, expect, test } from 'vitest';
import type { Document } from '../../nodes/document/schema.ts';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';

const COLUMNS = 12;
const CHAINS = 84;

/** A model and many latents that its VAE decodes: 253 nodes of which few can be read at once. */
function largeGraph(): Document {
  const chains = Array.from({ length: CHAINS }, (_, i) => i);
  const at = (i: number, column: number): readonly [number, number] => [
    ((i % COLUMNS) * 3 + column) * 320,
    Math.floor(i / COLUMNS) * 300,
  ];
  return buildDocument(
    {
      load: { type: 'models.load', at: [-320, 0] },
      ...Object.fromEntries(
        chains.flatMap((i) => [
          [`size${i}`, { type: 'latents.empty', at: at(i, 0), inputs: { width: 64, height: 64, batch: 1 } }],
          [`decode${i}`, { type: 'images.decode', at: at(i, 1) }],
          [`show${i}`, { type: 'images.preview', at: at(i, 2) }],
        ]),
      ),
    },
    chains.flatMap((i) => [
      `load.vae > decode${i}.vae`,
      `size${i}.latent > decode${i}.latent`,
      `decode${i}.image > show${i}.image`,
    ]),
  );
}

describe.skipIf(!hasBrowser)('a graph of hundreds of nodes', () => {
  let editor: Editor;
  editorForEach(
    async (opened) => {
      editor = opened;
      await editor.openDocument(largeGraph());
      await expect.poll(() => editor.wires().count()).toBe(3 * CHAINS);
      await expect.poll(() => shells().count()).toBe(3 * CHAINS);
    },
    { sharesServer: true },
  );
  const shells = () => editor.page.locator('.node.node-handle');
  const lines = () =>
    editor.page
      .locator('.wire-line')
      .evaluateAll((all) =>
        all.flatMap((line) => (line.getAttribute('d')?.match(/-?[\d.]+/g) ?? []).map(Number)),
      );

  test('is a map of blocks; what comes near is whole, and its wires stay where they were', async () => {
    const before = await lines();
    await editor.node('size40').locator('.node-title').click();
    await editor.press('z');
    const width = editor.node('size40').locator('[data-input=width] input');
    await expect.poll(() => width.inputValue()).toBe('64');
    expect(await shells().count()).toBeGreaterThan(2 * CHAINS);
    // Not while the view is still moving.
    await expect
      .poll(async () => Math.max(...(await lines()).map((value, i) => Math.abs(value - before[i]!))))
      .toBeLessThan(0.5);
    expect((await lines()).length).toBe(before.length);
    await width.fill('80');
    await width.press('Enter');
    // Far away again it stays what it is.
    await editor.node('size40').locator('.node-title').click();
    await editor.press('.');
    await expect.poll(() => width.inputValue()).toBe('80');
  });

  test('a block is dragged by any part of it, and the step can be undone', async () => {
    const before = await editor.placeOf('decode5');
    const at = await editor.middle(editor.node('decode5'));
    await editor.drag(at, { x: at.x + 10, y: at.y + 30 });
    await expect.poll(async () => (await editor.placeOf('decode5')).y).toBeGreaterThan(before.y + 50);
    await editor.press('Control+z');
    await expect.poll(() => editor.placeOf('decode5')).toEqual(before);
  });

  test('a block is renamed where it is', async () => {
    await editor.node('show7').locator('.node-title').dblclick();
    const field = editor.node('show7').getByRole('textbox');
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await field.isVisible()).toBe(true);
    await editor.type('The seventh');
    await editor.press('Enter');
    await expect.poll(() => editor.node('show7').locator('.node-title').textContent()).toBe('The seventh');
    await expect.poll(() => shells().count()).toBe(3 * CHAINS);
  });

  test('a picture shows on its node from far away', async () => {
    await editor.node('show7').locator('.node-title').click();
    await editor.press('Shift+Enter');
    const picture = editor.node('show7').locator('img');
    await expect.poll(() => picture.isVisible()).toBe(true);
    await expect.poll(() => shells().count()).toBe(3 * CHAINS - 3);
  });

  test('a smaller density measures the nodes anew', async () => {
    const height = () => editor.node('size1').evaluate((element) => (element as HTMLElement).offsetHeight);
    const before = await height();
    await editor.press('Control+,');
    await editor.page.getByRole('radio', { name: 'Compact' }).click();
    await editor.press('Escape');
    await expect.poll(height).toBeLessThan(before);
    await expect.poll(() => shells().count()).toBe(3 * CHAINS);
    await expect.poll(() => editor.wires().count()).toBe(3 * CHAINS);
  });
});
