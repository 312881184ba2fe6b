import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { type Editor, type EditorHost, startEditor } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';

const SLOW = { timeout: 60_000 };

/** Runs a workflow for each seed, so that as many pictures are saved. */
async function makePictures(editor: Editor, seeds: readonly number[], prompt = 'a red apple'): Promise<void> {
  for (const seed of seeds) {
    await editor.openDocument(
      spread(pictureDocument(prompt, { seed, save: `fruit-${seed}`, steps: 1 })),
      `fruit-${seed}.kronode.json`,
    );
    await editor.press('Control+Enter');
    await editor.node('end').locator('.node-preview img').waitFor(SLOW);
  }
}

describe.skipIf(!hasBrowser)('pictures', { timeout: 120_000 }, () => {
  let host: EditorHost;
  beforeAll(async () => {
    host = await startEditor();
  });
  afterAll(() => host?.close());

  describe('in the gallery', () => {
    let editor: Editor;
    beforeAll(async () => {
      editor = await host.open();
      await makePictures(editor, [1, 2, 3]);
      await editor.press('g');
      await options().first().waitFor();
    }, 180_000);
    afterAll(() => editor?.close());

    const panel = () => editor.page.getByRole('complementary', { name: 'Pictures' });
    const list = () => panel().getByRole('listbox');
    const options = () => panel().getByRole('option');
    const selected = () => panel().locator('[role=option][aria-selected=true]').count();
    const current = async () => {
      const id = await list().getAttribute('aria-activedescendant');
      return id === null ? null : editor.page.locator(`[id="${id}"]`).getAttribute('aria-label');
    };
    const viewer = () => editor.page.getByRole('dialog', { name: 'Picture viewer' });

    test('every picture is there, newest first, and tells its prompt and seed', async () => {
      await expect.poll(() => options().count(), SLOW).toBe(3);
      const labels = await options().evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
      expect(labels.map((label) => /red apple, seed (\d)/.exec(label!)?.[1])).toEqual(['3', '2', '1']);
      await expect.poll(() => options().locator('img').count(), SLOW).toBe(3);
      await options().nth(1).hover();
      await expect
        .poll(() =>
          options()
            .nth(1)
            .locator('.gallery-words')
            .evaluate((one) => getComputedStyle(one).opacity),
        )
        .toBe('1');
    });

    test('arrows walk, Shift selects a range, Space one more, Escape none', async () => {
      await list().focus();
      await editor.press('Home');
      await expect.poll(current).toContain('seed 3');
      await editor.press('ArrowRight');
      await expect.poll(current).toContain('seed 2');
      await editor.press('Shift+ArrowRight');
      await expect.poll(selected).toBe(2);
      await editor.press('Home');
      await expect.poll(selected).toBe(1);
      await editor.press('Control+End', 'Space');
      await expect.poll(selected).toBe(2);
      await editor.press('Control+a');
      await expect.poll(selected).toBe(3);
      await editor.press('Escape');
      await expect.poll(selected).toBe(0);
    });

    test('the filter finds by seed and by file', async () => {
      const filter = panel().getByRole('searchbox');
      await filter.fill('apple 2');
      await expect.poll(() => options().count()).toBe(1);
      await expect.poll(() => options().first().getAttribute('aria-label')).toContain('seed 2');
      await filter.fill('no such thing');
      await panel().getByRole('button', { name: 'Show all pictures' }).click();
      await expect.poll(() => options().count()).toBe(3);
    });

    test('Enter looks at a picture, arrows go on, Escape gives the focus back', async () => {
      await list().focus();
      await editor.press('Home', 'Enter');
      await viewer().locator('figure img').waitFor();
      await expect.poll(() => viewer().textContent()).toContain('1 of 3');
      await editor.press('ArrowRight');
      await expect.poll(() => viewer().textContent()).toContain('2 of 3');
      await expect.poll(() => viewer().getByAltText('Picture fruit-2_00001.png').count()).toBe(1);
      await editor.press('Escape');
      await expect.poll(() => viewer().count()).toBe(0);
      await expect.poll(() => list().evaluate((one) => one === document.activeElement)).toBe(true);
    });

    test('a right click offers what can be done', async () => {
      await options().nth(2).click({ button: 'right' });
      const menu = editor.page.getByRole('menu');
      await expect
        .poll(() => menu.getByRole('menuitem').allTextContents())
        .toContainEqual(expect.stringContaining('Open its workflow'));
      await editor.press('Escape');
    });

    test('O opens the workflow that made a picture', async () => {
      const tabs = editor.page.getByRole('tab');
      const before = await tabs.count();
      await list().focus();
      await editor.press('End', 'o');
      await expect.poll(() => tabs.count()).toBe(before + 1);
      await expect.poll(() => editor.node('noise').locator('[data-input=seed] input').inputValue()).toBe('1');
    });

    test('dropped on the canvas it opens its workflow; with Shift it is loaded as an image', async () => {
      const pane = editor.page.locator('.react-flow__pane');
      const tabs = editor.page.getByRole('tab');
      const before = await tabs.count();
      await options()
        .first()
        .dragTo(pane, { targetPosition: { x: 300, y: 500 } });
      await expect.poll(() => tabs.count()).toBe(before + 1);
      await expect.poll(() => editor.node('noise').locator('[data-input=seed] input').inputValue()).toBe('3');
      await editor.page.keyboard.down('Shift');
      await options()
        .first()
        .dragTo(pane, { targetPosition: { x: 300, y: 520 } });
      await editor.page.keyboard.up('Shift');
      await expect.poll(() => editor.nodesOfType('images.load').count()).toBe(1);
      await expect.poll(() => editor.nodesOfType('images.load').textContent()).toContain('fruit-3_00001.png');
      // On a node that takes one it takes the place of the other.
      await options().nth(1).dragTo(editor.nodesOfType('images.load').locator('.node-title'));
      await expect.poll(() => editor.nodesOfType('images.load').textContent()).toContain('fruit-2_00001.png');
      await expect.poll(() => editor.nodesOfType('images.load').count()).toBe(1);
    });

    test('a picture is downloaded under its own name', async () => {
      await list().focus();
      await editor.press('Home');
      const [download] = await Promise.all([editor.page.waitForEvent('download'), editor.press('s')]);
      expect(download.suggestedFilename()).toBe('fruit-3_00001.png');
    });

    test('what is deleted comes back with Undo, and is gone for good without', async () => {
      await list().focus();
      await editor.press('Home', 'Delete');
      await expect.poll(() => options().count()).toBe(2);
      await expect.poll(current).toContain('seed 2');
      await editor.page.getByRole('button', { name: 'Undo' }).click();
      await expect.poll(() => options().count()).toBe(3);
      await list().focus();
      await editor.press('Home', 'Delete');
      await expect.poll(() => options().count()).toBe(2);
      // Leaving the page says that it was meant.
      await editor.page.reload();
      await editor.page.locator('.node').first().waitFor();
      await expect.poll(() => options().count()).toBe(2);
      await expect.poll(() => options().first().getAttribute('aria-label')).toContain('seed 2');
    });
  });

  test('pictures of earlier sessions tell what they were made with', async () => {
    const editor = await host.open();
    await makePictures(editor, [8], 'a green pear');
    await editor.page.reload();
    await editor.page.locator('.node').first().waitFor();
    await editor.press('g');
    const option = editor.page.getByRole('option', { name: /a green pear, seed 8/ });
    await option.waitFor();
    await editor.close();
  });
});

describe.skipIf(!hasBrowser)('the viewer', { timeout: 120_000 }, () => {
  let host: EditorHost;
  let editor: Editor;
  beforeAll(async () => {
    host = await startEditor();
    editor = await host.open();
    await makePictures(editor, [1, 2]);
  }, 180_000);
  afterAll(async () => {
    await editor?.close();
    await host?.close();
  });

  const viewer = () => editor.page.getByRole('dialog', { name: 'Picture viewer' });
  const zoom = async () =>
    Number.parseInt(
      (await viewer()
        .getByText(/^\d+ %$/)
        .textContent()) ?? '',
      10,
    );
  const boxes = () =>
    viewer()
      .locator('figure img')
      .evaluateAll((all) =>
        all.map((one) => {
          const { x, y, width } = one.getBoundingClientRect();
          const frame = one.closest('figure')!.getBoundingClientRect();
          return { x: x - frame.x - frame.width / 2, y: y - frame.y - frame.height / 2, width };
        }),
      );
  const open = async () => {
    if ((await viewer().count()) === 0) await editor.node('end').locator('.node-preview').click();
    await viewer().locator('figure img').first().waitFor();
  };

  test('opens from the picture on a node and holds the focus', async () => {
    await open();
    await expect.poll(zoom).toBeGreaterThan(100);
    for (let i = 0; i < 20; i++) {
      await editor.page.keyboard.press('Tab');
      await expect
        .poll(() => viewer().evaluate((dialog) => dialog.contains(document.activeElement)))
        .toBe(true);
    }
    await editor.press('Escape');
    await expect.poll(() => viewer().count()).toBe(0);
    await expect
      .poll(() => editor.page.evaluate(() => document.activeElement?.classList.contains('node-preview')))
      .toBe(true);
  });

  test('Z shows single pixels, F the whole, the wheel zooms to the pointer, dragging moves', async () => {
    await open();
    await editor.press('z');
    await expect.poll(zoom).toBe(100);
    const [small] = await boxes();
    expect(small?.width).toBeCloseTo(64, 0);
    const figure = (await viewer().locator('figure').boundingBox())!;
    const corner = { x: figure.x + figure.width / 2 + 32, y: figure.y + figure.height / 2 + 32 };
    await editor.page.mouse.move(corner.x, corner.y);
    await editor.page.mouse.wheel(0, -300);
    await expect.poll(zoom).toBeGreaterThan(150);
    // The corner under the pointer stayed there.
    const [large] = await boxes();
    expect(large!.x + large!.width).toBeCloseTo(32, 0);
    await editor.drag(corner, { x: corner.x + 40, y: corner.y });
    await expect.poll(async () => (await boxes())[0]!.x).toBeCloseTo(large!.x + 40, 0);
    const before = await zoom();
    await editor.press('-');
    await expect.poll(zoom).toBeLessThan(before);
    await editor.press('Shift+ArrowRight');
    await editor.press('f');
    await expect.poll(async () => (await boxes())[0]!.x + (await boxes())[0]!.width / 2).toBeCloseTo(0, 0);
  });

  test('I tells how it was made; a value is copied', async () => {
    await open();
    await editor.press('i');
    const info = viewer().getByRole('complementary', { name: 'How it was made' });
    await expect.poll(() => info.textContent()).toContain('a red apple');
    const words = await info.textContent();
    for (const part of ['Seed2', 'nano', '64 × 64 pixels', 'fruit-2_00001.png', 'Sigmas'])
      expect(words).toContain(part);
    await info.getByRole('button', { name: 'Copy prompt' }).click();
    await expect.poll(() => editor.page.evaluate(() => navigator.clipboard.readText())).toBe('a red apple');
    await editor.press('i');
    await expect.poll(() => info.count()).toBe(0);
  });

  test('Ctrl+C copies the picture', async () => {
    await open();
    await editor.press('Control+c');
    await editor.page.getByText('Picture copied').waitFor();
    const kinds = await editor.page.evaluate(async () =>
      (await navigator.clipboard.read()).flatMap(({ types }) => types),
    );
    expect(kinds).toContain('image/png');
  });

  test('two pictures are compared with a slider and side by side, at the same place and zoom', async () => {
    await editor.press('Escape');
    await editor.press('g');
    const list = editor.page.getByRole('listbox', { name: 'Pictures, newest first' });
    await list.getByRole('option').nth(1).waitFor();
    await list.focus();
    await editor.press('Home', 'd');
    const divider = viewer().getByRole('slider');
    await divider.waitFor();
    await expect.poll(() => viewer().textContent()).toContain('fruit-1_00001.png · fruit-2_00001.png');
    await divider.focus();
    await editor.press('ArrowRight', 'ArrowRight');
    await expect.poll(() => divider.getAttribute('aria-valuenow')).toBe('54');
    const middle = await editor.middle(divider);
    await editor.drag(middle, { x: middle.x - 200, y: middle.y });
    await expect.poll(async () => Number(await divider.getAttribute('aria-valuenow'))).toBeLessThan(50);
    await editor.press('Home');
    await expect.poll(() => divider.getAttribute('aria-valuenow')).toBe('0');
    await viewer().getByRole('radio', { name: 'Side by side' }).click();
    await expect.poll(() => viewer().locator('figure').count()).toBe(2);
    const [left] = await viewer().locator('figure').all();
    const box = (await left!.boundingBox())!;
    await editor.page.mouse.move(box.x + 100, box.y + 100);
    await editor.page.mouse.wheel(0, -250);
    await expect
      .poll(async () => {
        const [a, b] = await boxes();
        return (
          a!.width > 0 && Math.abs(a!.width - b!.width) + Math.abs(a!.x - b!.x) + Math.abs(a!.y - b!.y) < 1
        );
      })
      .toBe(true);
    await editor.press('x');
    await expect.poll(() => viewer().textContent()).toContain('fruit-2_00001.png · fruit-1_00001.png');
    await editor.press('Escape');
    await expect.poll(() => viewer().count()).toBe(0);
  });

  test('deleting goes on to the next picture', async () => {
    await editor.page.getByRole('listbox', { name: 'Pictures, newest first' }).focus();
    await editor.press('Home', 'Enter');
    await expect.poll(() => viewer().textContent()).toContain('1 of 2');
    await editor.press('Delete');
    await expect.poll(() => viewer().getByAltText('Picture fruit-1_00001.png').count()).toBe(1);
    await editor.page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => viewer().count()).toBe(1);
    await editor.press('Escape');
    await expect
      .poll(() =>
        editor.page.getByRole('listbox', { name: 'Pictures, newest first' }).getByRole('option').count(),
      )
      .toBe(2);
  });
});
