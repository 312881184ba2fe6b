import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { readAdapter } from '../../../../nodes/inference/adapters/read-adapter.ts';
import { fromFloat32 } from '../../../../nodes/inference/checkpoints/float-narrowing.ts';
import {
  type TensorToWrite,
  writeSafetensors,
} from '../../../../nodes/inference/checkpoints/safetensors-writer.ts';
import { adapterFile, type Content, weightsOf } from '../../../support/adapter-files.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

const weights = weightsOf({
  'layers.0.attention.to_q': [12, 8],
  'layers.0.attention.to_k': [12, 8],
  'layers.0.attention.to_v': [12, 8],
  'layers.0.attention.to_out.0': [8, 12],
  'layers.0.feed_forward.w1': [16, 8],
  'layers.0.adaLN_modulation.0': [32, 8],
  'all_x_embedder.2-1': [8, 4],
  'all_final_layer.2-1.adaLN_modulation.1': [8, 8],
  'cap_embedder.1': [8, 6],
  'layers.0.attention_norm1': [8],
});

const lora = (module: string, rows: number, columns: number): Content => ({
  [`${module}.lora_A.weight`]: { shape: [2, columns] },
  [`${module}.lora_B.weight`]: { shape: [rows, 2] },
});
const lokr = (module: string, alpha?: number): Content => ({
  [`${module}.lokr_w1`]: { shape: [4, 4] },
  [`${module}.lokr_w2`]: { shape: [3, 2] },
  ...(alpha === undefined ? {} : { [`${module}.alpha`]: { shape: [], values: [alpha] } }),
});
const read = async (content: Content) => readAdapter(await adapterFile(content), weights);

describe('names of layers', () => {
  test.each([
    ['diffusion_model.layers.0.attention.to_q', 12, 8, 'layers.0.attention.to_q'],
    ['transformer.layers.0.attention.to_q', 12, 8, 'layers.0.attention.to_q'],
    ['layers.0.attention.to_q', 12, 8, 'layers.0.attention.to_q'],
    ['model.diffusion_model.layers.0.attention.to_q', 12, 8, 'layers.0.attention.to_q'],
    ['base_model.model.layers.0.attention.to_q', 12, 8, 'layers.0.attention.to_q'],
    ['base_model.model.transformer.layers.0.attention.to_q', 12, 8, 'layers.0.attention.to_q'],
    ['lycoris_layers_0_attention_to_q', 12, 8, 'layers.0.attention.to_q'],
    ['lora_unet_layers_0_attention_to_q', 12, 8, 'layers.0.attention.to_q'],
    ['lora_transformer_layers_0_attention_to_q', 12, 8, 'layers.0.attention.to_q'],
    ['lora_unet_layers_0_attention_to_out_0', 8, 12, 'layers.0.attention.to_out.0'],
    ['lora_unet_layers_0_attention_out', 8, 12, 'layers.0.attention.to_out.0'],
    ['diffusion_model.layers.0.attention.out', 8, 12, 'layers.0.attention.to_out.0'],
    ['lora_unet_layers_0_feed_forward_w1', 16, 8, 'layers.0.feed_forward.w1'],
    ['lycoris_layers_0_adaLN_modulation_0', 32, 8, 'layers.0.adaLN_modulation.0'],
    ['diffusion_model.x_embedder', 8, 4, 'all_x_embedder.2-1'],
    ['lycoris_all_x_embedder_2-1', 8, 4, 'all_x_embedder.2-1'],
    ['lora_unet_final_layer_adaLN_modulation_1', 8, 8, 'all_final_layer.2-1.adaLN_modulation.1'],
    ['base_model.model.diffusion_model.layers.0.feed_forward.w1', 16, 8, 'layers.0.feed_forward.w1'],
    ['diffusion_model.layers.0.attention.to_out', 8, 12, 'layers.0.attention.to_out.0'],
    ['unet.layers.0.attention.to_q', 12, 8, 'layers.0.attention.to_q'],
    ['lycoris_cap_embedder_1', 8, 6, 'cap_embedder.1'],
  ])('%s', async (name, rows, columns, module) => {
    const adapter = await read(lora(name, rows, columns));
    expect([...adapter.modules.keys()]).toEqual([module]);
    expect(adapter.unmatchedKeys).toEqual([]);
    expect(adapter.notices).toEqual([]);
  });

  test.each([
    ['layers.0.attention.to_q.default.lora_A.weight', 'layers.0.attention.to_q.default.lora_B.weight'],
    ['layers.0.attention.to_q.lora_A.default.weight', 'layers.0.attention.to_q.lora_B.default.weight'],
    ['layers.0.attention.to_q.lora_A.style.weight', 'layers.0.attention.to_q.lora_B.style.weight'],
    ['layers.0.attention.to_q.lora.down.weight', 'layers.0.attention.to_q.lora.up.weight'],
    ['layers.0.attention.to_q.lora_down.weight', 'layers.0.attention.to_q.lora_up.weight'],
    ['layers.0.attention.to_q.lora_A', 'layers.0.attention.to_q.lora_B'],
  ])('%s', async (down, up) => {
    const adapter = await read({ [down]: { shape: [3, 8] }, [up]: { shape: [12, 3] } });
    expect(adapter.modules.get('layers.0.attention.to_q')).toMatchObject({
      family: 'lora',
      rank: 3,
      scale: 1,
    });
  });

  test.each([
    'diffusion_model.layers.0.attention.qkv',
    'lora_unet_layers_0_attention_qkv',
    'lycoris_layers_0_attention_to_qkv',
    'base_model.model.layers.0.attention.qkv',
    'layers.0.attention.to_qkv',
  ])('a stacked q, k and v becomes rows of three layers: %s', async (name) => {
    const adapter = await read({
      [`${name}.lokr_w1`]: { shape: [4, 4] },
      [`${name}.lokr_w2`]: { shape: [9, 2] },
    });
    expect([...adapter.modules].map(([name, { rows }]) => [name, rows])).toEqual([
      ['layers.0.attention.to_q', { from: 0, count: 12 }],
      ['layers.0.attention.to_k', { from: 12, count: 12 }],
      ['layers.0.attention.to_v', { from: 24, count: 12 }],
    ]);
  });
});

describe('every form of a LoKr', () => {
  const q = 'diffusion_model.layers.0.attention.to_q';
  const w1 = {
    full: { [`${q}.lokr_w1`]: { shape: [4, 4] } },
    low: { [`${q}.lokr_w1_a`]: { shape: [4, 2] }, [`${q}.lokr_w1_b`]: { shape: [2, 4] } },
  };
  const w2 = {
    full: { [`${q}.lokr_w2`]: { shape: [3, 2] } },
    low: { [`${q}.lokr_w2_a`]: { shape: [3, 2] }, [`${q}.lokr_w2_b`]: { shape: [2, 2] } },
  };
  const tucker = {
    [`${q}.lokr_t2`]: { shape: [2, 2] },
    [`${q}.lokr_w2_a`]: { shape: [2, 3] },
    [`${q}.lokr_w2_b`]: { shape: [2, 2] },
  };
  const alpha = { [`${q}.alpha`]: { shape: [], values: [4] } };

  test.each<[string, Content, number | undefined, number]>([
    ['both in full', { ...w1.full, ...w2.full }, undefined, 1],
    ['w1 decomposed', { ...w1.low, ...w2.full }, 2, 2],
    ['w2 decomposed', { ...w1.full, ...w2.low }, 2, 2],
    ['both decomposed', { ...w1.low, ...w2.low }, 2, 2],
    ['Tucker', { ...w1.full, ...tucker }, 2, 2],
    [
      'with DoRA over outputs',
      { ...w1.full, ...w2.full, [`${q}.dora_scale`]: { shape: [12, 1] } },
      undefined,
      1,
    ],
    ['with DoRA over inputs', { ...w1.full, ...w2.low, [`${q}.dora_scale`]: { shape: [1, 8] } }, 2, 2],
    [
      'names ending in .weight',
      Object.fromEntries(
        Object.entries({ ...w1.full, ...w2.low }).map(([key, value]) => [`${key}.weight`, value]),
      ),
      2,
      2,
    ],
  ])('%s', async (_, content, rank, scale) => {
    const adapter = await read({ ...content, ...alpha });
    expect(adapter.modules.get('layers.0.attention.to_q')).toMatchObject({ family: 'lokr', rank, scale });
    expect([adapter.unmatchedKeys, adapter.misfits, adapter.notices]).toEqual([[], [], []]);
  });

  test.each(['F32', 'F16', 'BF16'] as const)('stored as %s', async (dtype) => {
    const file = join(await tempFolder(), 'typed.safetensors');
    const tensor = (name: string, shape: number[], value: number): TensorToWrite => ({
      name,
      dtype,
      shape,
      data: () => [fromFloat32(dtype, new Float32Array(shape[0]! * (shape[1] ?? 1)).fill(value))],
    });
    // A half-precision sentinel is infinite.
    await writeSafetensors(file, [
      tensor(`${q}.lokr_w1`, [4, 4], 0.5),
      tensor(`${q}.lokr_w2`, [3, 2], 0.25),
      tensor(`${q}.alpha`, [1], 9_999_999_999),
    ]);
    const adapter = await readAdapter(file, weights);
    expect(adapter.modules.get('layers.0.attention.to_q')).toMatchObject({ scale: 1 });
    expect(adapter.notices).toEqual([]);
  });

  test('beside LoRA and LoHa in one file', async () => {
    const adapter = await read({
      ...w1.full,
      ...w2.full,
      ...lora('transformer.layers.0.feed_forward.w1', 16, 8),
      'lycoris_layers_0_attention_to_k.hada_w1_a': { shape: [12, 2] },
      'lycoris_layers_0_attention_to_k.hada_w1_b': { shape: [2, 8] },
      'lycoris_layers_0_attention_to_k.hada_w2_a': { shape: [12, 2] },
      'lycoris_layers_0_attention_to_k.hada_w2_b': { shape: [2, 8] },
    });
    expect([...adapter.modules.values()].map(({ family }) => family).sort()).toEqual([
      'loha',
      'lokr',
      'lora',
    ]);
    expect(adapter.notices).toEqual([]);
  });
});

describe('scale', () => {
  const of = async (content: Content) => (await read(content)).modules.get('layers.0.attention.to_q')?.scale;

  test.each([1, 4, 9999999999, Number.POSITIVE_INFINITY])(
    'alpha %d means nothing where no factor is decomposed',
    async (alpha) => {
      expect(await of(lokr('layers.0.attention.to_q', alpha))).toBe(1);
    },
  );

  test('is alpha / rank otherwise, and 1 without alpha', async () => {
    const decomposed = {
      'layers.0.attention.to_q.lokr_w1': { shape: [4, 4] },
      'layers.0.attention.to_q.lokr_w2_a': { shape: [3, 2] },
      'layers.0.attention.to_q.lokr_w2_b': { shape: [2, 2] },
    };
    expect(await of(decomposed)).toBe(1);
    expect(await of({ ...decomposed, 'layers.0.attention.to_q.alpha': { shape: [1], values: [1] } })).toBe(
      0.5,
    );
    const both = {
      'layers.0.attention.to_q.hada_w1_a': { shape: [12, 4] },
      'layers.0.attention.to_q.hada_w1_b': { shape: [4, 8] },
      'layers.0.attention.to_q.hada_w2_a': { shape: [12, 4] },
      'layers.0.attention.to_q.hada_w2_b': { shape: [4, 8] },
      'layers.0.attention.to_q.alpha': { shape: [], values: [2] },
    };
    expect(await of(both)).toBe(0.5);
  });

  test('far beyond anything trained is pointed out', async () => {
    const adapter = await read({
      ...lora('layers.0.attention.to_q', 12, 8),
      'layers.0.attention.to_q.alpha': { shape: [], values: [9999999999] },
    });
    expect(adapter.notices).toEqual([expect.stringMatching(/alpha.*5\.00e\+9.*layers\.0\.attention\.to_q/)]);
  });

  test('an infinite alpha of decomposed factors is no change but a listed one', async () => {
    await expect(
      read({
        ...lora('layers.0.attention.to_q', 12, 8),
        'layers.0.attention.to_q.alpha': { shape: [], values: [Number.POSITIVE_INFINITY] },
      }),
    ).rejects.toThrow(/alpha is Infinity/);
  });
});

describe('what is left out is listed', () => {
  const good = lokr('diffusion_model.layers.0.attention.to_k', 9999999999);

  test('keys of layers the model does not have', async () => {
    const adapter = await read({
      ...good,
      ...lora('lora_te_text_model_layers_0', 4, 4),
      global_step: { shape: [1] },
    });
    expect(adapter.modules.size).toBe(1);
    expect(adapter.unmatchedKeys).toEqual([
      'global_step',
      'lora_te_text_model_layers_0.lora_A.weight',
      'lora_te_text_model_layers_0.lora_B.weight',
    ]);
    expect(adapter.notices).toEqual([expect.stringMatching(/^3 of its 6 tensors name no layer/)]);
  });

  test.each<[string, Content, RegExp]>([
    [
      'factors of another size',
      lora('layers.0.attention.to_q', 16, 8),
      /make \[16, 8\], the layer has \[12, 8\]/,
    ],
    [
      'factors that do not multiply',
      {
        'layers.0.attention.to_q.lora_A.weight': { shape: [2, 8] },
        'layers.0.attention.to_q.lora_B.weight': { shape: [12, 3] },
      },
      /\[12, 3\] and \[2, 8\] do not multiply/,
    ],
    ['half a pair', { 'layers.0.attention.to_q.lora_A.weight': { shape: [2, 8] } }, /lora_up is missing/],
    ['an alpha alone', { 'layers.0.attention.to_q.alpha': { shape: [], values: [1] } }, /no factors/],
    [
      'a kernel of a convolution',
      {
        'layers.0.attention.to_q.lora_A.weight': { shape: [2, 8, 3, 3] },
        'layers.0.attention.to_q.lora_B.weight': { shape: [12, 2, 1, 1] },
      },
      /for a convolution/,
    ],
    [
      'rank 0',
      {
        'layers.0.attention.to_q.lora_A.weight': { shape: [0, 8] },
        'layers.0.attention.to_q.lora_B.weight': { shape: [12, 0] },
      },
      /rank is 0/,
    ],
    [
      'a huge rank',
      {
        'layers.0.attention.to_q.lora_A.weight': { shape: [20_000, 8] },
        'layers.0.attention.to_q.lora_B.weight': { shape: [12, 20_000] },
      },
      /rank is 20000/,
    ],
    [
      'magnitudes of another size',
      {
        ...lokr('layers.0.attention.to_q'),
        'layers.0.attention.to_q.dora_scale': { shape: [5, 1] },
      },
      /dora_scale is \[5, 1\]/,
    ],
    [
      'an alpha that is a list',
      {
        ...lokr('layers.0.attention.to_q'),
        'layers.0.attention.to_q.alpha': { shape: [2] },
      },
      /alpha has the shape/,
    ],
    [
      'a factor in full and decomposed',
      {
        ...lokr('layers.0.attention.to_q'),
        'layers.0.attention.to_q.lokr_w2_a': { shape: [3, 2] },
      },
      /lokr_w2_a beside lokr_w1, lokr_w2/,
    ],
    [
      'a layer changed twice',
      {
        ...lokr('layers.0.attention.to_k'),
      },
      /changed by other tensors/,
    ],
  ])('%s', async (_, bad, why) => {
    const adapter = await read({ ...good, ...bad });
    expect([...adapter.modules.keys()]).toEqual(['layers.0.attention.to_k']);
    expect(adapter.misfits).toEqual([
      { keys: expect.arrayContaining(Object.keys(bad)), why: expect.stringMatching(why) },
    ]);
    expect(adapter.notices).toEqual([expect.stringMatching(why)]);
  });

  test('values no training ends with', async () => {
    const adapter = await read({
      'layers.0.attention.to_q.lokr_w1': { shape: [4, 4], values: Array(16).fill(5000) },
      'layers.0.attention.to_q.lokr_w2': { shape: [3, 2] },
    });
    expect(adapter.notices).toEqual([expect.stringMatching(/values above 1000/)]);
  });
});

describe('files that cannot be used end in a sentence', () => {
  test('no adapter at all', async () => {
    await expect(read({ 'decoder.conv_in.weight': { shape: [2, 2] } })).rejects.toThrow(/is no adapter/);
  });

  test('an adapter of another model', async () => {
    const file = await adapterFile(lora('diffusion_model.double_blocks.0.img_attn.proj', 4, 4));
    await expect(readAdapter(file, weights)).rejects.toThrow(/does not fit this model.*double_blocks/);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('factors with %d', async (value) => {
    const content = {
      'layers.0.attention.to_q.lokr_w1': { shape: [4, 4] },
      'layers.0.attention.to_q.lokr_w2': { shape: [3, 2], values: [0, 1, value, 0, 0, 0] },
    };
    await expect(read(content)).rejects.toThrow(UserError);
    await expect(read(content)).rejects.toThrow(/to_q\.lokr_w2" holds NaN or infinite values/);
  });

  test('nearly a hundred thousand foreign keys are counted in a few seconds', async () => {
    const content: Record<string, { shape: number[] }> = { ...lokr('layers.0.attention.to_q') } as never;
    for (let i = 0; i < 99_000; i++)
      content[`diffusion_model.layers.${i + 1}.attention.to_q.lokr_w1`] = { shape: [0] };
    const file = await adapterFile(content);
    const start = performance.now();
    const adapter = await readAdapter(file, weights);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(adapter.unmatchedKeys).toHaveLength(99_000);
    expect(adapter.notices[0]!.length).toBeLessThan(500);
  });

  test('a file cut off', async () => {
    const file = join(await tempFolder(), 'cut.safetensors');
    await writeFile(file, Buffer.from([16, 0, 0, 0, 0, 0, 0, 0, 123]));
    await expect(readAdapter(file, weights)).rejects.toThrow(UserError);
  });
});

test('factors of a type no graph takes are listed', async () => {
  const file = join(await tempFolder(), 'integers.safetensors');
  const integers = (name: string, shape: number[]): TensorToWrite => ({
    name,
    dtype: 'I8',
    shape,
    data: () => [new Uint8Array(shape[0]! * shape[1]!)],
  });
  await writeSafetensors(file, [
    integers('layers.0.attention.to_q.lokr_w1', [4, 4]),
    integers('layers.0.attention.to_q.lokr_w2', [3, 2]),
  ]);
  await expect(readAdapter(file, weights)).rejects.toThrow(/factors are of the type I8/);
});

test('without a model every module is taken as it is', async () => {
  const file = await adapterFile({ ...lora('some.layer', 4, 6), ...lokr('lycoris_other') });
  const adapter = await readAdapter(file, undefined);
  expect([...adapter.modules.keys()]).toEqual(['some.layer', 'lycoris_other']);
});
