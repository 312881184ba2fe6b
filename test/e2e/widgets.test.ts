import { describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';

describe.skipIf(!hasBrowser)('curves and lists of rows', () => {
  let editor: Editor;
  editorForEach(
    async (opened) => {
      editor = opened;
      await editor.openDocument(
        buildDocument({
          curve: { type: 'adapters.curve', at: [0, 0] },
          stack: {
            type: 'adapters.stack',
            at: [400, 0],
            inputs: {
              adapters: [{ adapter: 'first.safetensors' }, { adapter: 'second.safetensors', strength: 0.5 }],
            },
          },
          picture: { type: 'images.load', at: [800, 0] },
        }),
      );
    },
    { sharesServer: true },
  );

  const curve = () => editor.node('curve');
  const points = () => curve().getByRole('slider');
  const values = () =>
    points().evaluateAll((all) => all.map((point) => point.getAttribute('aria-valuetext')));
  const place = (index: number) => editor.middle(curve().locator(`[data-point="${index}"] .curve-dot`));

  test('a point is dragged as one step of undo, finely with Shift, and never past its neighbour', async () => {
    await expect.poll(() => values()).toEqual(['at 0 % of the run: 1', 'at 100 % of the run: 1']);
    const end = await place(1);
    await editor.drag(end, { x: end.x - 20, y: end.y + 30 });
    const [, moved] = await values();
    expect(moved).toMatch(/^at (89|9[0-4]) % of the run: -?0\.[0-9]+$/);
    const start = await place(0);
    await editor.drag(start, { x: end.x + 60, y: start.y });
    await expect.poll(async () => (await values())[0]).toMatch(/^at (8[89]|9[0-3]) % of the run: 1$/);
    await editor.press('Control+z');
    await expect.poll(values).toEqual(['at 0 % of the run: 1', moved]);
    await editor.press('Control+z');
    await expect.poll(values).toEqual(['at 0 % of the run: 1', 'at 100 % of the run: 1']);
  });

  test('a double click adds a point; Delete takes the focused one away, but not the last', async () => {
    const [left, right] = [await place(0), await place(1)];
    await editor.page.mouse.dblclick((left.x + right.x) / 2, left.y + 20);
    await expect.poll(() => points().count()).toBe(3);
    await expect
      .poll(() =>
        points()
          .nth(1)
          .evaluate((point) => point === document.activeElement),
      )
      .toBe(true);
    await expect.poll(async () => (await values())[1]).toMatch(/^at (49|50|51) % of the run: 0\.\d+$/);
    await editor.press('Delete');
    await expect.poll(() => points().count()).toBe(2);
    await editor.press('Delete', 'Delete', 'Delete');
    await expect.poll(() => points().count()).toBe(1);
    await expect.poll(() => editor.page.locator('.node').count()).toBe(3);
  });

  test('by keyboard: Tab from point to point, arrows move, Insert adds, Enter types', async () => {
    await points().first().focus();
    await editor.press('ArrowDown', 'ArrowDown');
    await expect.poll(values).toEqual(['at 0 % of the run: 0.85', 'at 100 % of the run: 1']);
    await editor.press('Tab', 'Shift+ArrowLeft');
    await expect.poll(values).toEqual(['at 0 % of the run: 0.85', 'at 99.8 % of the run: 1']);
    await editor.press('Shift+Tab', 'Insert');
    await expect.poll(() => points().count()).toBe(3);
    await editor.press('Enter');
    await editor.type('-0.25');
    await editor.press('Enter');
    await expect
      .poll(values)
      .toEqual(['at 0 % of the run: 0.85', 'at 49.9 % of the run: -0.25', 'at 99.8 % of the run: 1']);
    await curve().getByLabel('at', { exact: true }).fill('0,2');
    await editor.press('Enter');
    await expect.poll(async () => (await values())[1]).toBe('at 20 % of the run: -0.25');
    // Both nudges of the first point were one step.
    await editor.press('Escape', 'Control+z', 'Control+z', 'Control+z', 'Control+z', 'Control+z');
    await expect.poll(values).toEqual(['at 0 % of the run: 1', 'at 100 % of the run: 1']);
  });

  test('a shape is chosen from the menu', async () => {
    await curve().getByRole('button', { name: 'Shapes' }).click();
    await editor.page.getByRole('menuitem', { name: 'Middle steps' }).click();
    await expect
      .poll(values)
      .toEqual(['at 0 % of the run: 0', 'at 50 % of the run: 1', 'at 100 % of the run: 0']);
  });

  const rows = () => editor.node('stack').locator('.row-item');
  const names = () =>
    rows().evaluateAll((all) => all.map((row) => row.querySelector('[role=combobox]')?.textContent ?? ''));
  const first = 'first.safetensors';
  const second = 'second.safetensors';

  test('rows are added, filled, switched off and removed, each as one step', async () => {
    const stack = editor.node('stack');
    await stack.getByRole('button', { name: 'Add or drop files' }).click();
    await expect.poll(() => rows().count()).toBe(3);
    await rows().nth(2).getByRole('combobox').click();
    await editor.page.locator('[cmdk-item]', { hasText: 'nano-glossy' }).first().click();
    await expect.poll(async () => (await names())[2]).toContain('nano-glossy');
    const toggle = rows().nth(1).getByRole('switch');
    await toggle.click();
    await expect.poll(() => rows().nth(1).getAttribute('data-off')).toBe('true');
    await stack.getByRole('button', { name: 'Remove row 1' }).click();
    await expect.poll(() => rows().count()).toBe(2);
    await editor.press('Control+z', 'Control+z', 'Control+z', 'Control+z');
    await expect.poll(names).toEqual([first, second]);
    await expect.poll(() => rows().nth(1).getAttribute('data-off')).toBeNull();
  });

  test('the strength of a row is a slider of its own', async () => {
    const slider = rows().nth(1).getByRole('slider');
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('0.5');
    await slider.focus();
    await editor.press('ArrowRight');
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('0.51');
    await expect.poll(() => rows().first().getByRole('slider').getAttribute('aria-valuenow')).toBe('1');
  });

  test('rows change places by their handles, dragged or with the arrow keys', async () => {
    const handle = await editor.middle(rows().first().locator('.row-handle'));
    const below = await editor.middle(rows().nth(1));
    await editor.drag(handle, { x: handle.x, y: below.y + 30 });
    await expect.poll(names).toEqual([second, first]);
    await editor.press('Control+z');
    await expect.poll(names).toEqual([first, second]);
    await rows().nth(1).locator('.row-handle').focus();
    await editor.press('ArrowUp');
    await expect.poll(names).toEqual([second, first]);
    await expect
      .poll(() =>
        rows()
          .first()
          .locator('.row-handle')
          .evaluate((grip) => grip === document.activeElement),
      )
      .toBe(true);
    await editor.press('Delete');
    await expect.poll(names).toEqual([first]);
    await expect.poll(() => editor.page.locator('.node').count()).toBe(3);
  });

  const dropFiles = async (name: string) => {
    const data = await editor.page.evaluateHandle((fileName) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['x'], fileName));
      return transfer;
    }, name);
    await editor.node('stack').locator('.row-list').dispatchEvent('drop', { dataTransfer: data });
  };

  test('a file dropped on the list becomes a row when Kronode knows it, and is named when not', async () => {
    const tabs = await editor.page.getByRole('tab').count();
    await dropFiles('nano-glossy-lokr.safetensors');
    await expect.poll(async () => (await names()).at(2)).toContain('nano-glossy-lokr');
    await dropFiles('stranger.safetensors');
    await editor.page.getByText('“stranger.safetensors” is in none of the folders').waitFor();
    await expect.poll(() => rows().count()).toBe(3);
    // Nor was it opened as a workflow.
    await expect.poll(() => editor.page.getByRole('tab').count()).toBe(tabs);
  });

  test('pictures are chosen by how they look', async () => {
    await editor.node('picture').getByRole('combobox').click();
    await expect
      .poll(() => editor.page.locator('[cmdk-item] img.thumbnail').count(), { timeout: 20_000 })
      .toBeGreaterThan(0);
  });
});
