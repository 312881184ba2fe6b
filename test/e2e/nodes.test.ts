import { describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';

describe.skipIf(!hasBrowser)('the controls of nodes', () => {
  let editor: Editor;
  editorForEach(
    async (opened) => {
      editor = opened;
      await editor.openDocument(
        buildDocument({
          size: { type: 'latents.empty', at: [0, 0] },
          noise: { type: 'sampling.noise', at: [340, 0] },
          schedule: { type: 'sampling.schedule', at: [680, 0] },
          prompt: { type: 'prompts.encode', at: [0, 300] },
          save: { type: 'images.save', at: [340, 300] },
          sigmas: { type: 'sampling.sigma-list', at: [680, 300] },
          number: { type: 'values.whole-number', at: [-340, 0] },
          model: { type: 'models.load', at: [-340, 300] },
          sample: { type: 'sampling.sample', at: [1020, 0] },
        }),
      );
    },
    { sharesServer: true },
  );

  const row = (node: string, input: string) => editor.node(node).locator(`[data-input="${input}"]`);
  const field = (node: string, input: string) => row(node, input).locator('input').first();

  test('a number is typed, nudged, and scrubbed by its label; each is one step', async () => {
    const width = field('size', 'width');
    await width.fill('300');
    await editor.press('Enter');
    await expect.poll(() => width.inputValue()).toBe('300');
    await editor.press('ArrowUp', 'ArrowUp');
    await expect.poll(() => width.inputValue()).toBe('336');
    await editor.press('Escape');
    await editor.page.locator('.react-flow__pane').click({ position: { x: 600, y: 780 } });
    const label = await editor.middle(row('size', 'width').locator('.widget-label'));
    await editor.drag(label, { x: label.x + 80, y: label.y });
    await expect.poll(async () => Number(await width.inputValue())).toBeGreaterThan(400);
    await editor.press('Control+z');
    await expect.poll(() => width.inputValue()).toBe('336');
    await editor.press('Control+z', 'Control+z');
    await expect.poll(() => width.inputValue()).toBe('1024');
  });

  test('Shift makes it fine: by the label, on the bar and with the arrow keys', async () => {
    const { mouse, keyboard } = editor.page;
    /** Moves the pointer sideways, pressed, while Shift is held. */
    const finely = async (from: { x: number; y: number }, by: number) => {
      await keyboard.down('Shift');
      await mouse.move(from.x, from.y);
      await mouse.down();
      await mouse.move(from.x + by, from.y, { steps: 20 });
      await mouse.up();
      await keyboard.up('Shift');
    };
    const guidance = field('sample', 'guidance');
    const label = await editor.middle(row('sample', 'guidance').locator('.widget-label'));
    // Steps of 0.1, one each 4 pixels as they lie on the node; a tenth of that with Shift.
    await editor.drag(label, { x: label.x + 60, y: label.y });
    await expect.poll(async () => Number(await guidance.inputValue())).toBeGreaterThan(2);
    await expect.poll(() => guidance.inputValue()).toMatch(/^\d+(\.\d)?$/);
    await editor.press('Control+z');
    await expect.poll(() => guidance.inputValue()).toBe('1');
    await finely(label, 60);
    await expect.poll(async () => Number(await guidance.inputValue())).toBeGreaterThan(1.1);
    await expect.poll(async () => Number(await guidance.inputValue())).toBeLessThan(1.3);
    await guidance.fill('1');
    await editor.press('Shift+ArrowUp');
    await expect.poll(() => guidance.inputValue()).toBe('1.01');
    // A whole number has nothing finer: there Shift goes in tens.
    await field('size', 'batch').focus();
    await editor.press('Shift+ArrowUp');
    await expect.poll(() => field('size', 'batch').inputValue()).toBe('11');

    const slider = row('schedule', 'denoise').getByRole('slider');
    const now = async () => Number(await slider.getAttribute('aria-valuenow'));
    await slider.focus();
    await editor.press('PageDown', 'Shift+ArrowRight');
    await expect.poll(now).toBeCloseTo(0.901, 5);
    const box = (await slider.boundingBox())!;
    // It stays where it is and moves a tenth as far, wherever it was taken.
    await finely({ x: box.x + box.width / 2, y: box.y + box.height / 2 }, -box.width / 4);
    await expect.poll(now).toBeCloseTo(0.876, 2);
    await editor.press('Control+z');
    await expect.poll(now).toBeCloseTo(0.901, 5);
  });

  test('what is out of range is brought back, what is no number is refused', async () => {
    const width = field('size', 'width');
    await width.fill('99999');
    await editor.press('Enter');
    await expect.poll(() => width.inputValue()).toBe('8192');
    await width.fill('wide');
    await editor.press('Enter');
    await expect.poll(() => width.inputValue()).toBe('8192');
  });

  test('digits are digits, as Chinese input writes them too', async () => {
    const width = field('size', 'width');
    await width.fill('５１２');
    await editor.press('Enter');
    await expect.poll(() => width.inputValue()).toBe('512');
    const guidance = field('sample', 'guidance');
    await guidance.fill('１。５');
    await editor.press('Enter');
    await expect.poll(() => guidance.inputValue()).toBe('1.5');
  });

  test('a slider is dragged, nudged, typed into and reset', async () => {
    const slider = row('schedule', 'denoise').getByRole('slider');
    const box = await slider.boundingBox();
    if (!box) throw new Error('not drawn');
    const y = box.y + box.height / 2;
    await editor.drag({ x: box.x + box.width - 3, y }, { x: box.x + box.width / 2, y });
    const half = Number(await slider.getAttribute('aria-valuenow'));
    expect(half).toBeGreaterThan(0.4);
    expect(half).toBeLessThan(0.6);
    await editor.press('ArrowRight');
    await expect
      .poll(async () => Number(await slider.getAttribute('aria-valuenow')))
      .toBeCloseTo(half + 0.01, 5);
    await editor.press('Enter');
    await editor.type('0.25');
    await editor.press('Enter');
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('0.25');
    await slider.dblclick();
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('1');
  });

  test('typing a prompt is one step and the field grows', async () => {
    const area = row('prompt', 'text').locator('textarea');
    const before = (await area.boundingBox())?.height ?? 0;
    await area.click();
    await editor.type('one\ntwo\nthree\nfour\nfive');
    await expect.poll(async () => (await area.boundingBox())?.height ?? 0).toBeGreaterThan(before + 10);
    await editor.press('Escape', 'Control+z');
    await expect.poll(() => area.inputValue()).toBe('');
  });

  test('a combo is searched and chosen by keyboard', async () => {
    await row('schedule', 'schedule').getByRole('combobox').click();
    await editor.type('karras');
    await editor.press('Enter');
    await expect.poll(() => row('schedule', 'schedule').textContent()).toContain('karras');
  });

  test('files are those of the folders Kronode knows', async () => {
    await row('model', 'model').getByRole('combobox').click();
    await editor.page.locator('[cmdk-item]', { hasText: 'nano' }).first().waitFor();
    await editor.press('Enter');
    await expect.poll(() => row('model', 'model').textContent()).toContain('nano');
  });

  test('a switch is switched', async () => {
    const toggle = row('save', 'workflow').getByRole('switch');
    await toggle.click();
    await expect.poll(() => toggle.getAttribute('aria-checked')).toBe('false');
    await editor.press('Control+z');
    await expect.poll(() => toggle.getAttribute('aria-checked')).toBe('true');
  });

  test('a list takes several numbers at once', async () => {
    const inputs = row('sigmas', 'sigmas').locator('input');
    await expect.poll(() => inputs.count()).toBe(5);
    await inputs.nth(1).fill('0.95, 0.9 0.8');
    await editor.press('Enter');
    await expect.poll(() => inputs.count()).toBe(7);
    await row('sigmas', 'sigmas').getByRole('button', { name: 'Remove item 2' }).click();
    await expect.poll(() => inputs.count()).toBe(6);
  });

  test('a value gives way to a wire and comes back without it', async () => {
    await editor.drag(
      await editor.socket('number', 'value', 'output'),
      await editor.socket('size', 'batch', 'input'),
    );
    await expect.poll(() => row('size', 'batch').textContent()).toContain('from wire');
    await editor.press('Control+z');
    await expect.poll(() => field('size', 'batch').inputValue()).toBe('1');
  });

  test('seeds: 64 bits, shuffled, and kept by policy', async () => {
    const seed = field('noise', 'seed');
    await seed.fill('18446744073709551615');
    await editor.press('Enter');
    await expect.poll(() => seed.inputValue()).toBe('18446744073709551615');
    await seed.fill('18446744073709551616');
    await editor.press('Enter');
    await expect.poll(() => seed.inputValue()).toBe('18446744073709551615');
    await row('noise', 'seed').getByRole('button', { name: 'New random seed now' }).click();
    await expect.poll(() => seed.inputValue()).not.toBe('18446744073709551615');
  });

  test('advanced rows fold, help tells what the declaration says', async () => {
    await expect.poll(() => row('schedule', 'shift').count()).toBe(0);
    await editor.node('schedule').getByRole('button', { name: 'Advanced' }).click();
    await expect.poll(() => field('schedule', 'shift').inputValue()).toBe('3');
    await editor.node('schedule').locator('.node-title').click();
    await editor.press('i');
    const help = editor.page.getByRole('complementary', { name: 'Help' });
    await expect.poll(() => help.textContent()).toContain('Higher spends more steps on composition');
    await editor.node('schedule').locator('.node-title').click({ button: 'right' });
    await editor.page.getByRole('menuitem', { name: 'Mute' }).click();
    await expect.poll(() => editor.node('schedule').getAttribute('data-mode')).toBe('mute');
  });

  test('a drag of a slider renders its own node only', async () => {
    await editor.quiet();
    const renders = await editor.page.evaluateHandle(() => {
      const changed = new Map<string, number>();
      for (const node of document.querySelectorAll<HTMLElement>('.node'))
        new MutationObserver((records) => {
          const id = node.dataset.node ?? '';
          changed.set(id, (changed.get(id) ?? 0) + records.length);
        }).observe(node, { subtree: true, childList: true, attributes: true, characterData: true });
      return changed;
    });
    const box = await row('schedule', 'denoise').getByRole('slider').boundingBox();
    if (!box) throw new Error('not drawn');
    const y = box.y + box.height / 2;
    await editor.drag({ x: box.x + box.width - 3, y }, { x: box.x + 20, y });
    const touched = await renders.evaluate((changed) => [...changed.keys()]);
    expect(touched.filter((id) => id !== 'schedule')).toEqual([]);
  });
});
