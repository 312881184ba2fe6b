import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasBrowser } from '../support/browser.ts';
import { type Editor, editorForEach } from '../support/editor.ts';
import { ModelServer } from '../support/model-server.ts';

const zimage = 'Tongyi-MAI/Z-Image-Turbo';
const names = [
  'model_index.json',
  'scheduler/scheduler_config.json',
  'text_encoder/model-00001-of-00001.safetensors',
  'tokenizer/tokenizer.json',
  'transformer/diffusion_pytorch_model-00001-of-00001.safetensors',
  'vae/diffusion_pytorch_model.safetensors',
];
const contents = new Map(
  names.map((name, i) => [
    `${zimage}/${name}`,
    Buffer.alloc(name.endsWith('.safetensors') ? 3_000_000 : 50, i + 1),
  ]),
);

describe.skipIf(!hasBrowser)('the downloads panel', () => {
  let editor: Editor;
  let server: ModelServer;
  let mirror: string;
  beforeEach(async () => {
    server = new ModelServer(contents);
    mirror = await server.start();
  });
  afterEach(() => server.stop());
  editorForEach((opened) => {
    editor = opened;
  });

  const panel = () => editor.page.getByRole('complementary', { name: 'Downloads' });
  const card = () => panel().getByRole('listitem').filter({ hasText: 'in full precision' });
  const openPanel = async () => {
    await editor.press('d');
    await panel().getByRole('button', { name: 'Allow downloads' }).waitFor();
  };
  const allowed = async () => {
    await openPanel();
    await panel().getByLabel('Address').fill(mirror);
    await editor.press('Enter');
    await expect.poll(() => panel().getByLabel('Address').inputValue()).toBe(mirror);
    await panel().getByRole('button', { name: 'Allow downloads' }).click();
    await card().waitFor();
  };

  test('asks nothing of anybody until it is allowed, and then for sizes first', async () => {
    await openPanel();
    await expect.poll(() => panel().getByRole('listitem').count()).toBe(0);
    await expect.poll(() => panel().getByLabel('Address').inputValue()).toBe('https://huggingface.co');
    await editor.press('d');
    await allowed();
    expect(server.served).toEqual([]);
    await card().getByRole('button', { name: 'Show sizes…' }).click();
    const dialog = editor.page.getByRole('dialog', { name: 'Download Z-Image-Turbo?' });
    await dialog.waitFor();
    await expect.poll(() => dialog.getByRole('listitem').count()).toBe(names.length);
    await expect.poll(() => dialog.textContent()).toContain(mirror);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(server.fetched).toEqual([]);
  });

  test('downloads what was agreed to, shows how far it is, stops and goes on', async () => {
    await allowed();
    server.pace = 20;
    await card().getByRole('button', { name: 'Show sizes…' }).click();
    await editor.page.getByRole('button', { name: 'Download 9 MB' }).click();
    await card().getByRole('progressbar', { name: 'Download of Z-Image-Turbo' }).waitFor();
    await expect.poll(() => card().textContent()).toMatch(/of 9 MB · .*\/s/);
    await card().getByRole('button', { name: 'Stop' }).click();
    await card().getByRole('button', { name: 'Continue…' }).waitFor();
    server.pace = 0;
    await card().getByRole('button', { name: 'Continue…' }).click();
    await editor.page
      .getByRole('dialog')
      .getByRole('button', { name: /^Download / })
      .click();
    await expect.poll(() => card().textContent()).toContain('Here, 9 MB');
    await card().getByRole('button', { name: 'Check the files' }).click();
    await editor.page.getByRole('dialog').getByText('Everything is here.').waitFor();
  });

  test('tells what went wrong, where it happened', async () => {
    await allowed();
    server.mischief.push({ kind: 'redirect', to: 'http://example.invalid/model' });
    await card().getByRole('button', { name: 'Show sizes…' }).click();
    await editor.page.getByRole('button', { name: 'Download 9 MB' }).click();
    await expect
      .poll(() => card().textContent())
      .toContain('leads to http://example.invalid, which is not safe');
    await card().getByRole('button', { name: 'Try again…' }).waitFor();
  });

  test('an address that is not safe is refused and goes back', async () => {
    await openPanel();
    await panel().getByLabel('Address').fill('http://example.com');
    await editor.press('Enter');
    await editor.page.getByText('it must be a plain https address').waitFor();
    await expect.poll(() => panel().getByLabel('Address').inputValue()).toBe('https://huggingface.co');
  });
});
