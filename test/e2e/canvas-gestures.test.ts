import { describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';

/** As the document places it and the canvas draws it. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

describe.skipIf(!hasBrowser)('gestures on the canvas', () => {
  let editor: Editor;
  editorForEach(
    (opened) => {
      editor = opened;
    },
    { sharesServer: true },
  );

  const three = () =>
    buildDocument(
      {
        load: { type: 'images.load', at: [0, 0] },
        save: { type: 'images.save', at: [700, 0] },
        show: { type: 'images.preview', at: [700, 300] },
      },
      ['load.image > save.image'],
    );
  /** Three of different heights, nowhere in line. */
  const scattered = () =>
    buildDocument({
      a: { type: 'images.load', at: [0, 0] },
      b: { type: 'images.save', at: [360, 110] },
      c: { type: 'values.switch', at: [840, 420] },
    });
  const boxes = async (): Promise<Box[]> =>
    Promise.all(
      ['a', 'b', 'c'].map(async (id) => {
        const size = await editor.node(id).evaluate((node) => {
          const { offsetWidth: width, offsetHeight: height } = node as HTMLElement;
          return { width, height };
        });
        return { ...(await editor.placeOf(id)), ...size };
      }),
    );
  const select = () => editor.press('Control+a');
  const spreadOf = (numbers: readonly number[]) => Math.max(...numbers) - Math.min(...numbers);
  const menu = (name: string) => editor.page.getByRole('menuitem', { name: new RegExp(`^${name}`) });

  test('Alt on a wire makes a bend, which is dragged and taken away again', async () => {
    await editor.openDocument(three());
    const [from, to] = [
      await editor.socket('load', 'image', 'output'),
      await editor.socket('save', 'image', 'input'),
    ];
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const bends = editor.page.locator('.wire-bend');
    await editor.drag(middle, { x: middle.x, y: middle.y + 120 }, ['Alt']);
    await expect.poll(() => bends.count()).toBe(1);
    const bend = await editor.middle(bends);
    expect(Math.abs(bend.y - middle.y - 120)).toBeLessThan(6);
    await editor.drag(bend, { x: bend.x + 60, y: bend.y });
    await expect.poll(async () => Math.round((await editor.middle(bends)).x - bend.x)).toBeGreaterThan(50);
    await editor.press('Control+z');
    await expect.poll(async () => Math.abs((await editor.middle(bends)).x - bend.x)).toBeLessThan(6);
    await editor.page.mouse.dblclick(bend.x, bend.y);
    await expect.poll(() => bends.count()).toBe(0);
    await editor.press('Control+z', 'Control+z');
    await expect.poll(() => bends.count()).toBe(0);
    await expect.poll(() => editor.wires().count()).toBe(1);
  });

  test("a wire's end is moved to another input", async () => {
    await editor.openDocument(three());
    const end = await editor.socket('save', 'image', 'input');
    await editor.drag({ x: end.x - 12, y: end.y }, await editor.socket('show', 'image', 'input'));
    await expect.poll(() => editor.wires().getAttribute('aria-label')).toContain('show');
    await expect.poll(() => editor.wires().count()).toBe(1);
    await editor.press('Control+z');
    await expect.poll(() => editor.wires().getAttribute('aria-label')).toContain('save');
  });

  test('nodes are set out evenly, snapped, and brought into view', async () => {
    await editor.openDocument(three());
    await editor.press('Control+a', 'Control+k');
    await editor.type('distribute down');
    await editor.press('Enter', 'Alt+g');
    const title = await editor.middle(editor.node('load').locator('.node-title'));
    await editor.page.locator('.react-flow__pane').click({ position: { x: 20, y: 300 } });
    await editor.drag(title, { x: title.x + 33, y: title.y + 57 });
    const { x, y } = await editor.placeOf('load');
    expect([x % 10, y % 10]).toEqual([0, 0]);
    await editor.press('Alt+Shift+m');
    await expect.poll(() => editor.page.locator('.react-flow__minimap').count()).toBe(0);
    await editor.press('Alt+Shift+m');
    await expect.poll(() => editor.page.locator('.react-flow__minimap').count()).toBe(1);
    const before = await editor.node('show').boundingBox();
    await editor.node('show').locator('.node-title').click();
    await editor.press('z');
    await expect
      .poll(async () => Math.abs(((await editor.node('show').boundingBox())?.x ?? 0) - (before?.x ?? 0)))
      .toBeGreaterThan(100);
  });

  test.each([
    ['Alt+Shift+ArrowLeft', 'Align left edges', (box: Box) => box.x],
    ['Alt+Shift+ArrowRight', 'Align right edges', (box: Box) => box.x + box.width],
    ['Alt+Shift+ArrowUp', 'Align top edges', (box: Box) => box.y],
    ['Alt+Shift+ArrowDown', 'Align bottom edges', (box: Box) => box.y + box.height],
    ['Alt+Shift+c', 'Align centres', (box: Box) => box.x + box.width / 2],
    ['Alt+Shift+e', 'Align middles', (box: Box) => box.y + box.height / 2],
  ])('%s brings what is selected to one line (%s), as one step', async (keys, name, line) => {
    await editor.openDocument(scattered());
    const before = await boxes();
    await select();
    await editor.press(keys);
    await expect.poll(async () => spreadOf((await boxes()).map(line))).toBeLessThan(1);
    await editor.press('Control+z');
    await expect.poll(boxes).toEqual(before);
    // The same from the menu of a node.
    await editor.node('a').locator('.node-title').click({ button: 'right' });
    await menu('Align').press('ArrowRight');
    await menu(name).click();
    await expect.poll(async () => spreadOf((await boxes()).map(line))).toBeLessThan(1);
  });

  test.each([
    ['Alt+Shift+h', (box: Box) => box.x, (box: Box) => box.width],
    ['Alt+Shift+v', (box: Box) => box.y, (box: Box) => box.height],
  ])('%s makes the gaps between what is selected equal', async (keys, start, extent) => {
    await editor.openDocument(scattered());
    const before = await boxes();
    const gaps = async () => {
      const sorted = (await boxes()).sort((a, b) => start(a) - start(b));
      return sorted.slice(1).map((box, i) => start(box) - start(sorted[i]!) - extent(sorted[i]!));
    };
    await expect.poll(async () => spreadOf(await gaps())).toBeGreaterThan(20);
    await select();
    await editor.press(keys);
    await expect.poll(async () => spreadOf(await gaps())).toBeLessThan(2);
    const starts = (all: readonly Box[]) => all.map(start);
    const after = await boxes();
    expect(Math.min(...starts(after))).toBeCloseTo(Math.min(...starts(before)), 0);
    expect(Math.max(...starts(after))).toBeCloseTo(Math.max(...starts(before)), 0);
  });

  test('frames and notes are named and coloured by key and menu', async () => {
    await editor.openDocument(three());
    await editor.node('load').locator('.node-title').click();
    await editor.press('Control+g', 'F2');
    await editor.type('Sources');
    await editor.press('Enter');
    const frame = editor.page.locator('.frame-header');
    await expect.poll(() => frame.textContent()).toBe('Sources');
    await frame.click({ button: 'right' });
    await menu('Colour').hover();
    await menu('Teal').click();
    await expect.poll(() => editor.page.locator('.frame').getAttribute('style')).toContain('#2f9e98');
    await frame.click({ button: 'right' });
    await menu('Rename').click();
    await editor.type('Pictures');
    await editor.press('Enter');
    await expect.poll(() => frame.textContent()).toBe('Pictures');
    await editor.press('Escape');
    await editor.page.mouse.move(500, 650);
    await editor.press('Shift+n', 'F2');
    await editor.type('# Read me');
    await editor.press('Escape');
    await expect.poll(() => editor.page.locator('.note-text h1').textContent()).toBe('Read me');
  });

  test('a node is renamed from its menu', async () => {
    await editor.openDocument(three());
    await editor.node('load').locator('.node-title').click({ button: 'right' });
    await menu('Rename').click();
    await editor.type('My picture');
    await editor.press('Enter');
    await expect.poll(() => editor.node('load').locator('.node-title').textContent()).toBe('My picture');
  });

  test('a seed that counts up tells the one that was used, and takes it back', async () => {
    await editor.openDocument(spread(pictureDocument('a red apple', { seed: 41 })));
    const row = editor.node('noise').locator('[data-input=seed]');
    await row.getByRole('button', { name: /After each run/ }).click();
    await menu('Count up').click();
    await editor.press('Control+Enter');
    await expect.poll(() => row.locator('input').inputValue()).toBe('42');
    await expect.poll(() => row.textContent(), { timeout: 40_000 }).toContain('Last run: 41');
    await row.getByText('Use again').click();
    await expect.poll(() => row.locator('input').inputValue()).toBe('41');
    await expect.poll(() => row.textContent()).not.toContain('Last run');
    // What came out of the nodes is told where it comes out.
    await editor.node('sample').locator('.socket.source').hover();
    await editor.page.getByText('latent 16×8×8').first().waitFor();
  });
});
