import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ModelRegistry } from '../../../../nodes/inference/checkpoints/registry.ts';
import { type ModelCard, ModelCards } from '../../../../nodes/inference/services/model-cards.ts';
import { PartLibrary } from '../../../../nodes/inference/services/part-library.ts';
import { comfyuiFolder } from '../../../support/comfyui-folder.ts';
import { goldenPath, nanoPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

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

test('a model folder that is not complete says what it lacks and which file would fit', async () => {
  const root = await tempFolder();
  for (const name of ['whole', 'headless']) await cp(nanoPath('.'), join(root, name), { recursive: true });
  await rm(join(root, 'whole', 'vae'), { recursive: true });
  await rm(join(root, 'headless', 'transformer'), { recursive: true });
  const cards = await cardsOf(root);
  expect(cards.whole).toMatchObject({
    kinds: ['model'],
    missing: [{ part: 'vae', fits: ['headless/vae'] }],
  });
  expect(cards.headless).toMatchObject({
    kinds: [],
    problem: expect.stringMatching(/has no folder "transformer"\.$/),
    hint: expect.stringContaining('Download the missing folder'),
  });
});

test('files that would do are those that can be chosen', async () => {
  const root = await tempFolder();
  await cp(nanoPath('.'), join(root, 'whole'), { recursive: true });
  await cp(nanoPath('transformer'), join(root, 'alone'), { recursive: true });
  const { missing } = (await cardsOf(root))['alone/diffusion_pytorch_model.safetensors']!;
  const registry = new ModelRegistry([root]);
  for (const kind of ['text-encoder', 'vae'] as const) {
    const names = (await registry.list(kind)).map(({ name }) => name);
    expect(missing.find(({ part }) => part === kind)?.fits).toEqual(names);
    expect(names).toHaveLength(1);
  }
});

test('the part of a whole model of another kind does not fit', async () => {
  const root = await tempFolder();
  await cp(nanoPath('.'), join(root, 'whole'), { recursive: true });
  await cp(goldenPath('zimage-transformer-tiny'), join(root, 'alone'), { recursive: true });
  const name = 'alone/diffusion_pytorch_model.safetensors';
  const { [name]: alone, whole } = await cardsOf(root);
  expect(whole?.kinds).toEqual(['model']);
  expect(alone?.missing.find(({ part }) => part === 'vae')?.fits).toEqual([]);
  await cp(nanoPath('vae'), join(root, 'loose'), { recursive: true });
  const { [name]: later } = await cardsOf(root);
  expect(later?.missing.find(({ part }) => part === 'vae')?.fits).toEqual([
    'loose/diffusion_pytorch_model.safetensors',
  ]);
});

test('the reason comes with what to do about it', async () => {
  const root = await tempFolder();
  await writeFile(join(root, 'z.safetensors'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
  await writeFile(join(root, 'z.onnx'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
  await writeFile(join(root, 'lost.safetensors'), 'Entry not found');
  const { 'z.safetensors': weights, 'z.onnx': graph, 'lost.safetensors': lost } = await cardsOf(root);
  for (const card of [weights, graph])
    expect(`${card?.problem} ${card?.hint}`).toMatch(
      /it is a git-lfs pointer, .*\. Run "git lfs pull" in the folder/,
    );
  expect(lost).toMatchObject({
    problem: expect.stringMatching(/it is a text \("Entry not found"\)\.$/),
    hint: expect.stringContaining('Download the file itself'),
  });
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
