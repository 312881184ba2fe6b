import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createServices, type EngineServices } from '../../../../nodes/inference/services/index.ts';
import { readAll, writeCopy, zimageInComfyNames } from '../../../support/checkpoint-copies.ts';
import { goldenPath, nanoPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const WEIGHTS = 'diffusion_pytorch_model.safetensors';

/** A transformer alone, one with its text encoder, and the other parts in folders of their own. */
async function servicesOverParts(): Promise<EngineServices> {
  const root = await tempFolder();
  for (const part of ['text_encoder', 'vae', 'tokenizer'])
    await cp(nanoPath(part), join(root, 'mine', part), { recursive: true });
  await cp(nanoPath('.'), join(root, 'broken'), { recursive: true });
  const pointer = 'version https://git-lfs.github.com/spec/v1';
  await writeFile(join(root, 'broken', 'text_encoder', 'model.safetensors'), pointer);
  await mkdir(join(root, 'narrow'));
  await cp(goldenPath('qwen3-tiny/model.safetensors'), join(root, 'narrow', 'qwen.safetensors'));
  const transformer = await readAll(nanoPath(`transformer/${WEIGHTS}`));
  const encoder = await readAll(nanoPath('text_encoder/model.safetensors'));
  await writeCopy(join(root, 'alone.safetensors'), zimageInComfyNames(transformer));
  await writeCopy(join(root, 'two.safetensors'), [
    ...zimageInComfyNames(transformer, 'model.diffusion_model.'),
    ...[...encoder.values()].map((tensor) => ({ ...tensor, name: `text_encoders.qwen.${tensor.name}` })),
    { name: 'text_encoders.qwen.logit_scale', shape: [1], values: Float32Array.of(1) },
  ]);
  const services = await createServices({
    modelFolders: [root],
    pictureFolders: [],
    outputFolder: root,
    provider: 'cpu',
  });
  onTestFinished(() => services.dispose());
  return services;
}

describe('a set of files that is no model yet', () => {
  test('names the files that fit what is missing', async () => {
    const services = await servicesOverParts();
    await expect(
      services.models.open({ model: 'alone.safetensors', textEncoder: '', vae: '' }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('alone.safetensors brings no part of its own here'),
      hint: 'Choose a text encoder on the node: "mine/text_encoder/model.safetensors", "two.safetensors".',
    });
  });

  test('names the files that fit in place of one that does not', async () => {
    const services = await servicesOverParts();
    await expect(
      services.models.open({
        model: 'alone.safetensors',
        textEncoder: 'narrow/qwen.safetensors',
        vae: `mine/vae/${WEIGHTS}`,
      }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/gives 64 features per token, the model alone\.safetensors takes 128/),
      hint: expect.stringMatching(/Z-Image-Turbo\): "mine\/text_encoder\/model\.safetensors"/),
    });
  });

  test('tells of a part that is there and broken what can be done about it', async () => {
    const services = await servicesOverParts();
    await expect(services.models.open({ model: 'broken', textEncoder: '', vae: '' })).rejects.toMatchObject({
      message: expect.stringMatching(/^\S+\/broken\/text_encoder\/model\.safetensors is not .*git-lfs/),
      hint: expect.stringContaining('git lfs pull'),
    });
  });

  test('tells once what nothing reads in a file that brings two parts', async () => {
    const services = await servicesOverParts();
    const { notices } = await services.models.open({
      model: 'two.safetensors',
      textEncoder: '',
      vae: `mine/vae/${WEIGHTS}`,
    });
    expect(notices.filter((notice) => notice.includes('logit_scale'))).toHaveLength(1);
  });
});
