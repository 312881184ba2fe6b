import { describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { buildDocument } from '../support/build-document.ts';
import { type Editor, editorForEach } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';

describe.skipIf(!hasBrowser)('running and documents', () => {
  let editor: Editor;
  editorForEach((opened) => {
    editor = opened;
  });

  test('Ctrl+Enter makes a picture, marks what is known, and tells the seed', async () => {
    await editor.openDocument(spread(pictureDocument('a red apple', { seed: 7 })));
    await editor.press('Control+Enter');
    await editor.node('end').locator('.node-preview img').waitFor();
    await expect.poll(() => editor.page.locator('footer').textContent()).toContain('seed 7');
    await expect
      .poll(() => editor.node('sample').locator('.node-mark').getAttribute('data-mark'))
      .toBe('cached');
    const seed = editor.node('noise').locator('[data-input=seed] input');
    await seed.fill('8');
    await editor.press('Enter');
    await expect
      .poll(() => editor.node('sample').locator('.node-mark').getAttribute('data-mark'))
      .toBe('run');
    await expect
      .poll(() => editor.node('model').locator('.node-mark').getAttribute('data-mark'))
      .toBe('cached');
    // The seed really used is offered again.
    await editor.node('noise').getByText('Use again').click();
    await expect.poll(() => seed.inputValue()).toBe('7');
  });

  test('a seed that counts up is another one for the next run', async () => {
    await editor.openDocument(spread(pictureDocument('an owl', { seed: 41 })));
    await editor
      .node('noise')
      .getByRole('button', { name: /After each run/ })
      .click();
    await editor.page.getByRole('menuitem', { name: 'Count up' }).click();
    await editor.press('Control+Enter');
    const seed = editor.node('noise').locator('[data-input=seed] input');
    await expect.poll(() => seed.inputValue()).toBe('42');
    await expect.poll(() => editor.page.locator('footer').textContent()).toContain('seed 41');
  });

  test('what is missing is said on the node and in the problems, which lead there', async () => {
    await editor.openDocument(buildDocument({ save: { type: 'images.save', at: [0, 0] } }));
    await expect.poll(() => editor.node('save').getAttribute('data-blamed')).toBe('true');
    await editor.press('e');
    const panel = editor.page.getByRole('complementary', { name: 'Problems' });
    await expect.poll(() => panel.textContent()).toContain('needs image');
    await panel.getByRole('button', { name: 'Show on canvas' }).click();
    await expect.poll(() => editor.node('save').getAttribute('data-selected')).toBe('true');
  });

  test('a run that fails says why on its node', async () => {
    const document = spread(pictureDocument('a cake'));
    const sample = document.nodes.sample!;
    await editor.openDocument({
      ...document,
      nodes: { ...document.nodes, sample: { ...sample, inputs: { guidance: 2 } } },
    });
    await editor.press('Control+Enter');
    await expect
      .poll(() => editor.node('sample').locator('.node-error').textContent(), { timeout: 10_000 })
      .toContain('needs a negative prompt');
    await expect
      .poll(() => editor.page.getByRole('button', { name: 'Problems' }).locator('..').textContent())
      .toBe('1');
  });

  test('run to a node computes no more than that', async () => {
    await editor.openDocument(spread(pictureDocument('a fox')));
    await editor.node('prompt').locator('.node-title').click();
    await editor.press('Shift+Enter');
    await expect
      .poll(() => editor.node('prompt').locator('.node-mark').getAttribute('data-mark'))
      .toBe('cached');
    await expect
      .poll(() => editor.node('sample').locator('.node-mark').getAttribute('data-mark'))
      .toBe('run');
  });

  test('with auto-run a change runs by itself', async () => {
    await editor.openDocument(spread(pictureDocument('a pizza')));
    await editor.page.getByRole('button', { name: 'Run on every change' }).click();
    await editor.node('noise').locator('[data-input=seed] input').fill('5');
    await editor.press('Enter');
    await editor.node('end').locator('.node-preview img').waitFor();
  });

  test('with auto-run a random seed runs once, not for ever', async () => {
    await editor.openDocument(spread(pictureDocument('a pizza')));
    await editor
      .node('noise')
      .getByRole('button', { name: /After each run/ })
      .click();
    await editor.page.getByRole('menuitem', { name: 'New random seed' }).click();
    await editor.page.getByRole('button', { name: 'Run on every change' }).click();
    const seed = editor.node('noise').locator('[data-input=seed] input');
    await seed.fill('5');
    await editor.press('Enter');
    await editor.node('end').locator('.node-preview img').waitFor();
    const next = await seed.inputValue();
    await editor.page.waitForTimeout(1500);
    await expect.poll(() => seed.inputValue()).toBe(next);
  });

  test('what the engine says is said in Chinese where the window is, whole sentences only', async () => {
    const { page } = editor;
    await page.evaluate(() => localStorage.setItem('kronode.language', 'zh'));
    await page.reload();
    await page.locator('.node').first().waitFor();
    const document = spread(pictureDocument('a cake'));
    const { sample, schedule } = document.nodes;
    await editor.openDocument({
      ...document,
      nodes: { ...document.nodes, sample: { ...sample!, inputs: { guidance: 2 } } },
    });
    await editor.press('Control+Enter');
    await expect
      .poll(() => editor.node('sample').locator('.node-error').textContent(), { timeout: 60_000 })
      .toBe('引导强度为 2 时需要反向提示词。');
    await expect.poll(() => page.locator('footer').last().textContent()).toContain('引导强度为 2');
    await editor.press('q');
    const failed = page.locator('aside [data-job]').filter({ hasText: '引导强度' });
    await expect.poll(() => failed.textContent()).toContain('或把引导强度设为 1');
    await editor.openDocument(
      {
        ...document,
        nodes: { ...document.nodes, schedule: { ...schedule!, inputs: { steps: -5 } } },
      },
      'wrong.kronode.json',
    );
    await editor.press('e');
    await expect
      .poll(() => page.locator('aside').first().textContent())
      .toMatch(/“步进计划”的“步数”不能是 -5：应为 1 到 \d+ 之间的数。/);
  });

  test('a run takes what is still being typed, and the field keeps the focus', async () => {
    await editor.openDocument(spread(pictureDocument('a red apple', { seed: 7 })));
    const seed = editor.node('noise').locator('[data-input=seed] input');
    await seed.click();
    await editor.press('Control+a');
    await editor.type('9');
    await editor.press('Control+Enter');
    await expect.poll(() => editor.page.locator('footer').textContent()).toContain('seed 9');
    await expect.poll(() => seed.evaluate((field) => field === document.activeElement)).toBe(true);
    const runs = editor.page.getByRole('spinbutton', { name: 'Runs to queue' });
    await runs.click();
    await editor.press('End', 'Backspace');
    await editor.type('2');
    await editor.press('Control+Enter');
    await expect.poll(() => runs.inputValue()).toBe('2');
    await editor.page.locator('.react-flow__pane').click({ position: { x: 20, y: 300 } });
    await editor.press('q');
    const done = editor.page
      .getByRole('complementary', { name: 'Queue' })
      .getByRole('button', { name: /^Done/ });
    await expect.poll(() => done.textContent()).toBe('Done3');
  });

  test('a run goes on over a reload, and its picture still comes to its node', async () => {
    await editor.openDocument(
      spread(pictureDocument('a red apple', { side: 384, steps: 60 })),
      'long.kronode.json',
    );
    await editor.node('schedule').locator('[data-input=steps] input').fill('80');
    await editor.press('Enter');
    // Until it lies in the journal.
    await editor.quiet();
    await editor.press('Control+Enter');
    await expect.poll(() => editor.node('sample').getAttribute('data-run')).toBe('running');
    await editor.page.reload();
    await expect.poll(() => editor.node('sample').getAttribute('data-run')).toBe('running');
    await editor.node('end').locator('.node-preview img').waitFor({ timeout: 60_000 });
  });

  test('documents that were not saved come back in their order, the one worked on last in front', async () => {
    const { page } = editor;
    const names = ['one', 'two', 'three'];
    for (const name of names) {
      await editor.openDocument(
        buildDocument({ a: { type: 'values.text', at: [0, 0] } }),
        `${name}.kronode.json`,
      );
      await editor.node('a').locator('.node-title').click();
      await editor.press('Control+d');
      // Until it lies in the journal.
      await editor.quiet();
    }
    for (let times = 0; times < 3; times++) {
      await page.reload();
      await expect.poll(() => page.getByRole('tab').allTextContents()).toEqual(names);
      await expect.poll(() => page.getByRole('tab', { selected: true }).textContent()).toBe('three');
      await editor.quiet();
    }
  });

  test('with more tabs than fit, the one in front is in sight', async () => {
    const { page } = editor;
    for (let i = 0; i < 18; i++) await editor.press('Alt+n');
    const inSight = async () => {
      const list = (await page.getByRole('tablist').boundingBox())!;
      const tab = (await page.getByRole('tab', { selected: true }).boundingBox())!;
      return tab.x >= list.x - 1 && tab.x + tab.width <= list.x + list.width + 1;
    };
    await expect.poll(() => page.getByRole('tab').count()).toBeGreaterThan(18);
    await expect.poll(inSight).toBe(true);
    await page.getByRole('tab').first().focus();
    await page.getByRole('tab').first().click();
    await expect.poll(inSight).toBe(true);
    const search = page.getByRole('button', { name: /Search commands/ });
    expect((await search.boundingBox())!.height).toBeLessThan(32);
  });

  test('tabs have their own history, and a changed one asks before it closes', async () => {
    await editor.openDocument(buildDocument({ a: { type: 'values.text', at: [0, 0] } }), 'one.kronode.json');
    await editor.node('a').locator('.node-title').click();
    await editor.press('Control+d');
    await expect.poll(() => editor.page.getByRole('tab', { name: 'one, not saved' }).count()).toBe(1);
    await editor.openDocument(buildDocument({ b: { type: 'values.text', at: [0, 0] } }), 'two.kronode.json');
    await editor.press('Control+z');
    await editor.press('Alt+ArrowLeft');
    await expect.poll(() => editor.page.locator('.node').count()).toBe(2);
    const tabs = editor.page.getByRole('tab');
    const count = await tabs.count();
    await editor.press('Alt+w');
    await editor.page.getByRole('dialog').getByRole('button', { name: 'Close without saving' }).click();
    await expect.poll(() => tabs.count()).toBe(count - 1);
    await expect.poll(() => tabs.filter({ hasText: 'one' }).count()).toBe(0);
  });

  test('a workflow is saved as a file that opens again', async () => {
    // Without the File System Access API the file is downloaded.
    await editor.page.evaluate(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
    await editor.openDocument(spread(pictureDocument('a house')), 'house.kronode.json');
    const [download] = await Promise.all([editor.page.waitForEvent('download'), editor.press('Control+s')]);
    expect(download.suggestedFilename()).toBe('house.kronode.json');
  });

  test('history lists every step and leads back to each', async () => {
    await editor.openDocument(buildDocument({ a: { type: 'values.text', at: [0, 0] } }));
    await editor.node('a').locator('.node-title').click();
    await editor.press('Control+d', 'Control+m');
    await editor.press('h');
    const steps = editor.page
      .getByRole('complementary', { name: 'History' })
      .getByRole('button')
      .filter({ hasNotText: /^$/ });
    await expect.poll(() => steps.allTextContents()).toEqual(['Opened', 'Duplicate', 'Mute']);
    await steps.first().click();
    await expect.poll(() => editor.page.locator('.node').count()).toBe(1);
  });

  test('an engine that dies is said and comes back; the document stays', async () => {
    await editor.openDocument(spread(pictureDocument('a guitar', { steps: 40, side: 96 })));
    await editor.press('Control+Enter');
    await editor.page.locator('.node[data-run=running]').first().waitFor();
    editor.killEngine();
    await expect
      .poll(() => editor.page.locator('.node[data-run=failed]').count(), { timeout: 15_000 })
      .toBeGreaterThan(0);
    await expect.poll(() => editor.page.locator('.node').count()).toBe(8);
    await editor.page.getByText('ready', { exact: true }).waitFor();
    await editor.press('Control+Enter');
    await editor.node('end').locator('.node-preview img').waitFor();
  });
});
