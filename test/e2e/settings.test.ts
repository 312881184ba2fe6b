import { access, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { comfyuiFolder } from '../support/comfyui-folder.ts';
import { dropFiles } from '../support/drop-files.ts';
import { type Editor, type EditorHost, editorForEach } from '../support/editor.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { spread } from '../support/spread.ts';
import { tempFolder } from '../support/temp-folder.ts';

describe.skipIf(!hasBrowser)('settings and models', () => {
  let editor: Editor;
  let page: Page;
  let host: EditorHost;
  editorForEach((opened, started) => {
    editor = opened;
    host = started;
    page = editor.page;
  });

  const settings = () => page.getByRole('dialog', { name: 'Settings' });
  const openSettings = async (section?: string) => {
    await editor.press('Control+,');
    await settings().waitFor();
    if (section) await settings().getByRole('button', { name: section, exact: true }).click();
  };
  const root = () => page.evaluate(() => ({ ...document.documentElement.dataset }));

  test('looks and language take effect at once and are there after a reload', async () => {
    await openSettings();
    await settings().getByRole('radio', { name: 'Light' }).click();
    await settings().getByRole('radio', { name: 'Compact' }).click();
    await expect.poll(root).toMatchObject({ theme: 'light', density: 'compact' });
    await settings().getByRole('radio', { name: '简体中文' }).click();
    await page.getByRole('dialog', { name: '设置' }).waitFor();
    await page.reload();
    await page.locator('.node').first().waitFor();
    await expect.poll(() => root()).toMatchObject({ theme: 'light', density: 'compact' });
    await page.getByRole('button', { name: '运行', exact: true }).waitFor();
  });

  test('“system” follows the system, also in its wish for less motion', async () => {
    await openSettings();
    await settings().getByRole('radio', { name: 'System' }).click();
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(root).toMatchObject({ theme: 'light' });
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await expect.poll(root).toMatchObject({ theme: 'dark' });
    await settings().getByText('Your system asks for less motion').waitFor();
    const moving = await page.evaluate(() => {
      const probe = document.createElement('i');
      probe.style.animation = 'spin 5s infinite';
      document.body.append(probe);
      const { animationDuration } = getComputedStyle(probe);
      probe.remove();
      return Number.parseFloat(animationDuration);
    });
    expect(moving).toBeLessThan(0.1);
  });

  test('a search looks through all sections', async () => {
    await openSettings();
    const search = settings().getByRole('textbox', { name: 'Search settings…' });
    await search.fill('comfyui');
    await settings().getByRole('heading', { name: 'Folders with models' }).waitFor();
    await expect.poll(() => settings().getByRole('heading', { name: 'Theme' }).count()).toBe(0);
    await search.fill('duplicate');
    await settings().getByRole('button', { name: 'Change the keys of “Duplicate”' }).waitFor();
    await search.fill('xyzzy');
    await settings().getByText('No setting is called that.').waitFor();
  });

  test('a ComfyUI folder is looked at, added, ordered and removed; its models are listed', async () => {
    const comfyui = await comfyuiFolder();
    const other = await tempFolder();
    await openSettings('Model folders');
    const path = settings().getByRole('textbox', { name: 'Path of a folder' });
    await path.fill('models');
    await page.keyboard.press('Enter');
    await settings().getByRole('alert').getByText('not a whole path').waitFor();
    // The folder around it is named; the one that is meant is offered.
    await path.fill(join(comfyui, 'vae'));
    await page.keyboard.press('Enter');
    await settings()
      .getByRole('button', { name: `Use ${comfyui} instead` })
      .click();
    await settings()
      .getByText('A ComfyUI models folder (diffusion_models, text_encoders, vae, loras, checkpoints).')
      .waitFor();
    await settings().getByText('1 model, 1 text encoder, 1 autoencoder, 1 adapter').waitFor();
    await settings().getByRole('button', { name: 'Add folder' }).click();
    const list = settings().getByRole('list', { name: 'Folders with models' }).getByRole('listitem');
    await expect.poll(() => list.count()).toBe(1);
    await path.fill(other);
    await page.keyboard.press('Enter');
    await settings().getByRole('button', { name: 'Add folder' }).click();
    await expect.poll(() => list.count()).toBe(2);
    await settings()
      .getByRole('button', { name: `Move ${other} up` })
      .click();
    await expect.poll(() => list.first().textContent()).toContain(other);
    await settings()
      .getByRole('button', { name: `Remove ${other} from the list` })
      .click();
    await expect.poll(() => list.count()).toBe(1);
    await editor.press('Escape', 'm');
    const models = page.getByRole('complementary', { name: 'Models' });
    const card = models.getByRole('button', { name: /^z_image.safetensors/ });
    await expect.poll(() => card.textContent()).toContain('zimage/comfyui');
    await expect
      .poll(() => card.textContent())
      .toContain('Needs a text encoder: qwen_3_4b.safetensors fits.');
    // They are there in every list, at once.
    await editor.openDocument(spread(pictureDocument('a red apple')));
    await editor.node('model').locator('[data-input=model] button').click();
    await page.getByRole('option', { name: /z_image/ }).waitFor();
  });

  test('a folder or a model that is dropped anywhere leads to where its path can be typed', async () => {
    const comfyui = await comfyuiFolder();
    await dropFiles(page, comfyui);
    await page.getByText('A browser does not tell where “models” lies. Type its path here.').waitFor();
    await settings().getByRole('textbox', { name: 'Path of a folder' }).waitFor();
    await editor.press('Escape');
    await dropFiles(page, join(comfyui, 'vae', 'ae.safetensors'));
    await page.getByText('“ae.safetensors” is a model: add the folder it lies in.').waitFor();
    await settings().getByRole('textbox', { name: 'Path of a folder' }).waitFor();
  });

  test('a card becomes a loader, or changes the loader it is dropped on', async () => {
    const document = pictureDocument('a red apple');
    document.nodes.model!.inputs.model = 'gone.safetensors';
    document.nodes.model!.inputs.vae = 'gone-vae.safetensors';
    await editor.openDocument(spread(document));
    await editor.press('m');
    const models = page.getByRole('complementary', { name: 'Models' });
    const card = (text: string) => models.getByRole('listitem').filter({ hasText: text });
    const adapter = card('nano-glossy-lokr');
    await expect.poll(() => adapter.textContent()).toMatch(/LoKr \d+ modules/);
    await adapter.getByRole('button').first().focus();
    await editor.press('Enter');
    const added = editor.nodesOfType('adapters.apply');
    await expect.poll(() => added.count()).toBe(1);
    await expect
      .poll(() => added.locator('[data-input=adapter]').textContent())
      .toContain('nano-glossy-lokr');
    await expect.poll(() => adapter.textContent()).toContain('Used in 1 node');
    const nano = card('brings everything');
    await nano.getByRole('button').first().dragTo(editor.node('model').locator('.node-title'));
    await expect
      .poll(() => editor.node('model').locator('[data-input=model]').textContent())
      .toContain('nano');
    expect(await editor.node('model').locator('[data-input=vae]').textContent()).not.toContain('gone');
    await expect.poll(() => editor.nodesOfType('models.load').count()).toBe(1);
    const pane = page.locator('.react-flow__pane');
    await nano
      .getByRole('button')
      .first()
      .dragTo(pane, { targetPosition: { x: 500, y: 40 } });
    await expect.poll(() => editor.nodesOfType('models.load').count()).toBe(2);
    await editor.press('Control+z', 'Control+z');
    await expect
      .poll(() => editor.node('model').locator('[data-input=model]').textContent())
      .toContain('gone');
  });

  test('a file that is missing is a problem with a remedy', async () => {
    const document = pictureDocument('a red apple');
    document.nodes.model!.inputs.model = 'gone.safetensors';
    await editor.openDocument(spread(document));
    await editor.press('e');
    const problems = page.getByRole('complementary', { name: 'Problems' });
    await problems.getByText('The model “gone.safetensors” is not in the model folders.').waitFor();
    await problems.getByRole('button', { name: 'Choose another file' }).first().click();
    await page.getByRole('menuitem', { name: 'nano', exact: true }).click();
    await problems.getByText('Nothing stands in the way of a run.').waitFor();
    await editor.press('Control+z');
    await problems.getByText('gone.safetensors').first().waitFor();
  });

  test('pictures are saved where and as the settings say, at once', async () => {
    const folder = join(await tempFolder(), 'out');
    await openSettings('Saved pictures');
    await settings().getByRole('textbox', { name: 'Folder' }).fill(folder);
    const pattern = settings().getByRole('textbox', { name: 'File names' });
    await pattern.fill('../{name}');
    await settings().getByText('The pattern leads out of the folder.').waitFor();
    await pattern.fill('{sed}');
    await settings().getByText('There is no {sed}.').waitFor();
    await pattern.fill('{title}/');
    await settings().getByText('has to end with a file name').waitFor();
    await pattern.press('End');
    await settings().getByRole('button', { name: 'Insert {seed}' }).click();
    await settings().getByText('For example: Text to image/42.png').waitFor();
    await pattern.press('Enter');
    await editor.press('Escape');
    await editor.openDocument(
      spread(pictureDocument('a red apple', { seed: 77, save: 'x', title: 'My pictures' })),
    );
    await editor.press('Control+Enter');
    await expect
      .poll(() => readdir(join(folder, 'My pictures')).catch(() => []), { timeout: 30_000 })
      .toEqual(['77.png']);
  });

  test('the device page says what runs where, and the self-test compares it', async () => {
    await editor.openDocument(spread(pictureDocument('a red apple')));
    await editor.press('Control+Enter');
    await editor.node('end').locator('.node-preview img').waitFor();
    await openSettings('Device');
    await settings().getByText('Model · nano').waitFor();
    await settings()
      .getByText(/GB taken; .* free on this computer/)
      .waitFor();
    expect(
      await settings()
        .getByRole('radio', { name: /^Automatic/ })
        .isChecked(),
    ).toBe(true);
    await settings().getByRole('button', { name: 'Test', exact: true }).click();
    await settings()
      .getByText(/^Right: its fast operators agree/)
      .waitFor();
    const memory = settings().getByRole('textbox', { name: 'Memory for models' });
    await memory.fill('1,5');
    await memory.press('Enter');
    await settings()
      .getByText(/of 1.5 GB taken/)
      .waitFor();
    await settings()
      .getByRole('radio', { name: /^Processor/ })
      .click();
    await settings().getByText('Now: Processor. You chose it.').waitFor();
    await page.reload();
    await page.locator('.node').first().waitFor();
    await openSettings('Device');
    await settings().getByText('Now: Processor. You chose it.').waitFor();
  });

  test('a memory that is too small is told at the node that samples, and gone with it', async () => {
    await openSettings('Device');
    const memory = settings().getByRole('textbox', { name: 'Memory for models' });
    const warning = page.locator('.node').getByText(/^Needs .* it may fail or take very long\./);
    await memory.fill('0.01');
    await memory.press('Enter');
    await warning.waitFor();
    await page.locator('.node').getByText('Run it on a machine with more memory.').waitFor();
    await memory.fill('0');
    await memory.press('Enter');
    await expect.poll(() => warning.count()).toBe(0);
  });

  test('converted weights say what they take on disk, and go when that is confirmed', async () => {
    const document = pictureDocument('a red apple');
    document.nodes.model!.inputs.precision = 'int4';
    await editor.openDocument(spread(document));
    await openSettings('Device');
    await settings().getByText('None so far.').waitFor();
    const clear = settings().getByRole('button', { name: 'Clear…' });
    await expect.poll(() => clear.isDisabled()).toBe(true);
    await editor.press('Escape', 'Control+Enter');
    await editor.node('end').locator('.node-preview img').waitFor();
    await openSettings('Device');
    await settings()
      .getByText(/B in [12] files?\./)
      .waitFor();
    await clear.click();
    // Enter on what is focused changes nothing.
    await editor.press('Enter');
    await expect.poll(() => settings().getByRole('button', { name: 'Keep them' }).count()).toBe(0);
    await expect
      .poll(() => clear.evaluate((button) => button === button.ownerDocument.activeElement))
      .toBe(true);
    await editor.press('Enter');
    await settings()
      .getByRole('button', { name: /^Delete \d/ })
      .click();
    await settings().getByText('None so far.').waitFor();
    await settings().getByText('No model is loaded. The first run loads it.').waitFor();
    await expect.poll(() => clear.isDisabled()).toBe(true);
    // The next run that needs them makes them once more.
    await settings().getByRole('button', { name: 'Forget results' }).click();
    await page.getByText('The results are forgotten.').waitFor();
    await editor.press('Escape', 'Control+Enter');
    await openSettings('Device');
    await settings()
      .getByText(/B in [12] files?\./)
      .waitFor();
  });

  test('converted weights that cannot be looked at say why', async () => {
    await mkdir(join(editor.data, 'cache'), { recursive: true });
    // A link to itself leads nowhere.
    await symlink('weights', join(editor.data, 'cache', 'weights'));
    await openSettings('Device');
    await settings()
      .getByRole('alert')
      .filter({ hasText: /^Cannot read .*weights: / })
      .waitFor();
    await rm(join(editor.data, 'cache', 'weights'));
    await editor.press('Escape');
    await openSettings('Device');
    await settings().getByText('None so far.').waitFor();
    await expect.poll(() => settings().getByRole('alert').count()).toBe(0);
  });

  test('keys that are taken ask before they move, and all go back', async () => {
    await openSettings('Shortcuts');
    const keysOf = (name: string) => settings().getByRole('button', { name: `Change the keys of “${name}”` });
    await keysOf('Minimap').click();
    await editor.press('Control+d');
    await settings().getByText('Ctrl D is “Duplicate” now.').waitFor();
    await settings().getByRole('button', { name: 'Leave it' }).click();
    await expect.poll(() => keysOf('Duplicate').textContent()).toContain('Ctrl D');
    await keysOf('Minimap').click();
    await editor.press('Control+d');
    await settings().getByRole('button', { name: 'Use it here' }).click();
    await expect.poll(() => keysOf('Minimap').textContent()).toContain('Ctrl D');
    await expect.poll(() => keysOf('Duplicate').textContent()).toContain('none');
    await editor.press('Escape');
    await page.locator('.react-flow__minimap').waitFor();
    await editor.press('Control+d');
    await expect.poll(() => page.locator('.react-flow__minimap').count()).toBe(0);
    await openSettings('Shortcuts');
    await settings().getByRole('button', { name: 'All back to the defaults' }).click();
    await expect.poll(() => keysOf('Duplicate').textContent()).toContain('Ctrl D');
  });

  test('settings of the engine outlive the program', async () => {
    const folder = await tempFolder();
    await mkdir(join(folder, 'a'));
    const first = await host.serve();
    const context = await host.browser.newContext({ locale: 'en-US' });
    const own = await context.newPage();
    const dialog = own.getByRole('dialog', { name: 'Settings' });
    const show = async (url: string) => {
      await own.goto(url);
      await own.locator('.node').first().waitFor();
      await own.keyboard.press('Control+,');
      await dialog.getByRole('button', { name: 'Model folders', exact: true }).click();
    };
    await show(first.url);
    await dialog.getByRole('textbox', { name: 'Path of a folder' }).fill(join(folder, 'a'));
    await own.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Add folder' }).click();
    await dialog.getByText(join(folder, 'a')).waitFor();
    first.server.stdin?.end();
    await new Promise((resolve) => first.server.once('exit', resolve));
    await access(join(first.data, 'settings.json'));
    const second = await host.serve(first.data);
    await show(second.url);
    await dialog.getByText(join(folder, 'a')).waitFor();
    await context.close();
    second.server.stdin?.end();
  });
});
