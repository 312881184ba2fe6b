import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { openDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { library } from '../../nodes/library/index.ts';
import { hasBrowser } from '../support/browser.ts';
import { type Editor, editorForEach } from '../support/editor.ts';

const slow = { timeout: 30_000 };

async function template(name: string): Promise<Document> {
  const text = await readFile(new URL(`../../workflows/${name}.kronode.json`, import.meta.url), 'utf8');
  return openDocument(text, library).document;
}

describe.skipIf(!hasBrowser)('adapter nodes', () => {
  let editor: Editor;
  editorForEach((opened) => {
    editor = opened;
  });

  const widthOf = (id: string) =>
    editor
      .node(id)
      .locator('.node-preview img')
      .evaluate((image) => (image as HTMLImageElement).naturalWidth);
  /** Value of an input in the document, as the control shows it. */
  const level = (index: number) =>
    editor.node('blocks').locator('[data-input=layers] .level').nth(index).getAttribute('aria-valuenow');

  test('blocks show what a run measured, and are set by dragging across them and with keys', async () => {
    await editor.openDocument(await template('adapter-stack'), 'stack.kronode.json');
    // Nobody knows yet how many layers there are.
    const levels = editor.node('blocks').locator('[data-input=layers] .level');
    await expect.poll(() => levels.count()).toBe(30);
    await editor.press('Control+Enter');
    await expect.poll(() => levels.count(), slow).toBe(5);
    await expect.poll(() => editor.node('blocks').textContent()).toMatch(/changes [\d.]+ %/);

    const box = (await editor.node('blocks').locator('.levels-plot').boundingBox())!;
    const y = box.y + box.height * 0.66;
    await editor.drag({ x: box.x + 4, y }, { x: box.x + box.width - 4, y });
    await expect.poll(() => level(4)).not.toBe('1');
    await expect.poll(async () => Number(await level(0))).toBeCloseTo(0, 0);
    await editor.press('Control+z');
    await expect.poll(() => level(4)).toBe('1');
    await expect.poll(() => level(0)).toBe('1');

    await levels.nth(2).focus();
    await editor.press('ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowUp');
    await expect.poll(() => level(2)).toBe('0.9');
    await expect.poll(() => level(3)).toBe('1.05');
    await editor.press('ArrowLeft', 'Delete');
    await expect.poll(() => level(2)).toBe('1');
  });

  test('the inspector plots an adapter and writes a report', async () => {
    await editor.openDocument(await template('adapter-stack'), 'inspect.kronode.json');
    await editor.press('Control+Enter');
    const node = editor.node('inspect');
    await expect
      .poll(() => node.getByRole('textbox', { name: /^Report/ }).inputValue(), slow)
      .toContain('LoKr ×40');
    await expect.poll(() => node.locator('.node-bars span').count()).toBe(5);
    await expect.poll(() => node.getByRole('img', { name: /most: layers\.\d/ }).count()).toBe(1);
  });

  test('a sweep shows its pictures as they come, and its sheet in the end', async () => {
    await editor.openDocument(await template('strength-sweep'), 'sweep.kronode.json');
    await editor.node('plot').locator('.node-title').click();
    // A quick run shows a picture for less than a poll's pause: the page itself notes what it showed.
    await editor.page.evaluate(() => {
      const shown: number[] = [];
      Object.assign(window, { shownWidths: shown });
      document.addEventListener(
        'load',
        ({ target }) => {
          if (target instanceof HTMLImageElement && target.closest('[data-node=sweep] .node-preview'))
            shown.push(target.naturalWidth);
        },
        true,
      );
    });
    await editor.press('Control+m', 'Control+Enter');
    await expect.poll(() => widthOf('sweep'), slow).toBeGreaterThan(5 * 128);
    expect(
      await editor.page.evaluate(() => (window as unknown as { shownWidths: number[] }).shownWidths),
    ).toContain(128);
    await expect
      .poll(() => editor.node('sample').locator('.node-mark').getAttribute('data-mark'), slow)
      .toBe('cached');
    // The strength on the slider is none of those that are swept: nothing is to be computed again.
    await editor.node('adapter').getByRole('slider').first().focus();
    await editor.press('ArrowLeft');
    await editor.quiet();
    await expect
      .poll(() => editor.node('sweep').locator('.node-mark').getAttribute('data-mark'))
      .toBe('cached');
  });

  test('what varies is chosen among the inputs that lead to the picture', async () => {
    await editor.openDocument(await template('strength-sweep'), 'target.kronode.json');
    await editor
      .node('sweep')
      .getByRole('combobox', { name: /^strength/ })
      .click();
    const options = editor.page.getByRole('option');
    await expect
      .poll(() => options.allTextContents())
      .toContainEqual(expect.stringContaining('Apply adapter · strength'));
    const names = (await options.allTextContents()).join('\n');
    expect(names).toContain('Step schedule · steps');
    // A sweep over numbers offers no texts, and nothing that lies behind it.
    expect(names).not.toContain('Encode prompt');
    expect(names).not.toContain('XY plot');
    await options.filter({ hasText: 'Step schedule · steps' }).click();
    await editor.node('sweep').locator('[data-input=from] input').fill('1');
    await editor.press('Enter');
    await expect
      .poll(() =>
        editor
          .node('sweep')
          .getByRole('combobox', { name: /^strength: schedule\.steps/ })
          .count(),
      )
      .toBe(1);
  });

  test('what cannot be swept is said on the node', async () => {
    const document = await template('strength-sweep');
    const sweep = document.nodes.sweep!;
    await editor.openDocument(
      { ...document, nodes: { ...document.nodes, sweep: { ...sweep, inputs: { ...sweep.inputs, to: 9 } } } },
      'wrong.kronode.json',
    );
    await expect.poll(() => editor.node('sweep').getAttribute('data-blamed'), slow).toBe('true');
    await expect
      .poll(() => editor.node('sweep').locator('.node-error').textContent())
      .toContain('expected a number from -2 to 2');
    await editor.press('e');
    const panel = editor.page.getByRole('complementary', { name: 'Problems' });
    await expect.poll(() => panel.textContent()).toContain('expected a number from -2 to 2');
  });

  test('a baked model is there to be chosen at once', async () => {
    const document = await template('live-strength');
    await editor.openDocument(
      {
        ...document,
        nodes: {
          ...document.nodes,
          bake: { type: 'adapters.bake', version: 1, at: [700, 500], inputs: { name: 'glossy nano' } },
        },
        wires: { ...document.wires, bake: { from: ['adapter', 'model'], to: ['bake', 'model'] } },
      },
      'bake.kronode.json',
    );
    await editor.node('bake').locator('.node-title').click();
    await editor.press('Shift+Enter');
    await expect
      .poll(
        () =>
          editor
            .node('bake')
            .getByRole('textbox', { name: /^Report/ })
            .inputValue(),
        slow,
      )
      .toContain('Saved as glossy nano.safetensors');
    await editor
      .node('model')
      .getByRole('combobox', { name: /^model/ })
      .click();
    await expect
      .poll(() => editor.page.getByRole('option').allTextContents(), slow)
      .toContainEqual(expect.stringContaining('glossy nano.safetensors'));
  });
});
