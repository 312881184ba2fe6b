import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectSafetensors } from '../../../../nodes/inference/checkpoints/inspect.ts';
import { writeCopy } from '../../../support/checkpoint-copies.ts';
import { goldenPath, nanoPath } from '../../../support/fixture-paths.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

test('a part of a model', async () => {
  const report = await inspectSafetensors(nanoPath('vae'));
  expect(report).toMatchObject({
    kind: 'vae',
    metadataKeys: ['format'],
    parts: [
      {
        part: 'vae',
        layout: 'autoencoder-kl/diffusers',
        prefix: '',
        config: { normGroups: 8 },
        unusedKeys: [],
      },
    ],
  });
  expect(report.dtypes).toEqual([{ dtype: 'F16', tensors: report.tensors, parameters: report.parameters }]);
  // Two bytes a parameter, the header beside them.
  expect(report.size).toBeGreaterThan(report.parameters * 2);
  expect(report.size).toBeLessThan(report.parameters * 2 + 30_000);
});

describe('adapters', () => {
  const inspect = async (name: string) =>
    (await inspectSafetensors(goldenPath(`adapters-zimage-tiny/${name}.safetensors`))).adapter!;

  test('full LoKr', async () => {
    const adapter = await inspect('lokr-aitoolkit-full-bf16');
    expect(adapter).toMatchObject({
      families: [{ family: 'LoKr', modules: adapter.modules }],
      ranks: [],
      dora: 0,
      others: [],
    });
    expect(adapter.factors).toContainEqual({
      shapes: 'lokr_w1 1×8, lokr_w2 341×16',
      modules: expect.any(Number),
    });
    expect(adapter.factors.reduce((sum, { modules }) => sum + modules, 0)).toBe(adapter.modules);
  });
  test('decomposed LoKr', async () => {
    expect(await inspect('lokr-lycoris-underscore-lowrank')).toMatchObject({ ranks: [4], others: [] });
    expect(await inspect('lokr-transformer-prefix-decomposed')).toMatchObject({ ranks: [2], others: [] });
  });
  test('LoRA in three spellings', async () => {
    for (const name of ['lora-aitoolkit', 'lora-kohya-underscore-alpha', 'lora-peft-transformer']) {
      const adapter = await inspect(name);
      expect(adapter, name).toMatchObject({
        families: [{ family: 'LoRA', modules: adapter.modules }],
        ranks: [4],
        others: [],
      });
    }
  });
  test('LoHa, DoRA and a mixture', async () => {
    expect(await inspect('loha')).toMatchObject({
      modules: 4,
      families: [{ family: 'LoHa', modules: 4 }],
      ranks: [4],
    });
    expect(await inspect('lokr-dora')).toMatchObject({
      modules: 3,
      dora: 3,
      families: [{ family: 'LoKr', modules: 3 }],
    });
    expect((await inspect('mixed-lokr-lora')).families.map(({ family }) => family).sort()).toEqual([
      'LoKr',
      'LoRA',
    ]);
  });
});

test('a part that cannot be used is told with the reason', async () => {
  const path = join(await tempFolder(), 'half.safetensors');
  const names = ['x_embedder.weight', 'cap_embedder.1.weight', 'layers.0.attention.qkv.weight'];
  await writeCopy(
    path,
    names.map((name) => ({ name, shape: [3, 1], values: new Float32Array(3) })),
  );
  const report = await inspectSafetensors(path);
  expect(report).toMatchObject({
    kind: 'transformer',
    parts: [{ problem: expect.stringContaining('has no weight') }],
  });
});

test('an unknown file is told with what was found', async () => {
  const report = await inspectSafetensors(goldenPath('lokr-matrices/cases.safetensors'));
  expect(['adapter', 'unknown']).toContain(report.kind);
  const path = join(await tempFolder(), 'x.safetensors');
  await writeCopy(path, [{ name: 'something', shape: [2], values: Float32Array.of(1, 2) }]);
  expect(await inspectSafetensors(path)).toMatchObject({
    kind: 'unknown',
    why: expect.stringContaining('"something"'),
    tensors: 1,
    parameters: 2,
  });
  await expect(inspectSafetensors(nanoPath('README.md'))).rejects.toThrow(/README\.md/);
});
