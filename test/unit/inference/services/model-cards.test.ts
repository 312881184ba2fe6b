import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ModelRegistry } from '../../../../nodes/inference/checkpoints/registry.ts';
import { type ModelCard, ModelCards } from '../../../../nodes/inference/services/model-cards.ts';
import { PartLibrary } from '../../../../nodes/inference/services/part-library.ts';
import { comfyuiFolder } from '../../../support/comfyui-folder.ts';
import { nanoPath } from '../../../support/fixture-paths.ts';

async function cardsOf(...roots: string[]): Promise<Record<string, ModelCard>> {
  const registry = new ModelRegistry(roots);
  const cards = await new ModelCards(registry, new PartLibrary(registry, roots)).list();
  return Object.fromEntries(cards.map((card) => [card.name, card]));
}

test('the built-in model brings everything, and its parts are told as parts of it', async () => {
  const { nano, ...parts } = await cardsOf(nanoPath('..'));
  expect(nano).toMatchObject({ kinds: ['model'], missing: [], dtypes: [expect.any(String)] });
  expect(nano!.layouts).toContain('zimage/diffusers');
  expect(nano!.bytes).toBeGreaterThan(1e6);
  expect(parts['nano/vae']).toMatchObject({ kinds: ['vae'], within: 'nano', missing: [] });
  const adapter = parts['nano/adapters/nano-glossy-lokr.safetensors'];
  expect(adapter?.adapter?.families).toEqual(['LoKr']);
  expect(adapter?.adapter?.modules).toBeGreaterThan(10);
});

test("ComfyUI's single files say what each still needs and which file would fit", async () => {
  const root = await comfyuiFolder();
  const cards = await cardsOf(root);
  const model = cards['diffusion_models/z_image.safetensors'];
  expect(model).toMatchObject({ kinds: ['model'], layouts: ['zimage/comfyui'] });
  expect(model?.missing.map(({ part }) => part)).toEqual(['text-encoder', 'vae']);
  expect(cards['text_encoders/qwen_3_4b.safetensors']?.missing).toEqual([{ part: 'tokenizer', fits: [] }]);
  expect(cards['loras/styles/sda.safetensors']?.adapter?.families).toEqual(['LoKr']);
});

test('a part fits by its sizes, not by its name', async () => {
  const root = join(await comfyuiFolder(), '..');
  // The built-in transformer without its companions, next to them and to others of other sizes.
  await mkdir(join(root, 'models', 'unet'), { recursive: true });
  await cp(nanoPath('transformer'), join(root, 'models', 'unet', 'mine'), { recursive: true });
  await cp(nanoPath('text_encoder'), join(root, 'models', 'clip', 'a'), { recursive: true });
  await cp(nanoPath('vae'), join(root, 'models', 'vae', 'b'), { recursive: true });
  const cards = await cardsOf(root);
  const mine = Object.values(cards).find(({ name }) => name.includes('unet/mine'));
  const fits = Object.fromEntries(mine!.missing.map(({ part, fits }) => [part, fits]));
  expect(fits['text-encoder']).toEqual(['models/clip/a/model.safetensors']);
  expect(fits.vae).toContain('models/vae/b/diffusion_pytorch_model.safetensors');
});

test('what cannot be used is listed with the reason, and seen again when it is mended', async () => {
  const root = await comfyuiFolder();
  const registry = new ModelRegistry([root]);
  const cards = new ModelCards(registry, new PartLibrary(registry, [root]));
  const path = join(root, 'vae', 'broken.safetensors');
  const broken = async () => (await cards.list()).find(({ name }) => name === 'vae/broken.safetensors');
  await writeFile(path, 'no model');
  expect(await broken()).toMatchObject({ kinds: [], problem: expect.stringContaining('broken') });
  await cp(join(root, 'loras', 'styles', 'sda.safetensors'), path);
  expect(await broken()).toMatchObject({ kinds: ['adapter'], dtypes: ['BF16'] });
  await rm(path);
  expect(await broken()).toBeUndefined();
});
