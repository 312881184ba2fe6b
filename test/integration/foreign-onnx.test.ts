import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tensor } from '../../nodes/core/tensor.ts';
import { liveAdapter } from '../../nodes/inference/adapters/live-adapter.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { openForeignAdapter } from '../../nodes/inference/foreign/open-adapter.ts';
import { ForeignTextEncoder } from '../../nodes/inference/foreign/text-encoder.ts';
import { ForeignTransformer } from '../../nodes/inference/foreign/transformer.ts';
import type { GraphModel } from '../../nodes/inference/onnx/types.ts';
import { runtimeCounters } from '../../nodes/inference/ort/counters.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import {
  exportTextEncoder,
  exportTransformer,
  type TransformerExport,
  writeExport,
} from '../support/export-onnx.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { goldenJson, loadGolden, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';
import { tempFolder } from '../support/temp-folder.ts';

const settings = { provider: 'cpu', weights: 'packed' } as const;
const tiny = await openPart(goldenPath('zimage-transformer-tiny'), 'transformer');
const square = await loadGolden('zimage-transformer-tiny/square-16x16-cap21.safetensors');
const latents = pick(square, 'latents');
const features = pick(square, 'cap_feats.0');
const SIGMA = 0.7;

/** The velocity diffusers computes at this noise level. */
const reference = pick(square, 'output.1').data.map((value) => -value);

async function open(options: Partial<TransformerExport> & Pick<TransformerExport, 'contract'>, sidecars = 1) {
  const path = join(await tempFolder(), 'some-name.onnx');
  await writeExport(
    path,
    exportTransformer(tiny, { height: 16, width: 16, tokens: 21, ...options }),
    sidecars,
  );
  return { path, part: await openPart(path, 'transformer') };
}

async function velocity(part: Awaited<ReturnType<typeof open>>['part'], caption = features) {
  const network = new ForeignTransformer(part.ready!, settings);
  const prepared = await network.prepareCaption(caption);
  const result = await network.velocity(latents, SIGMA, [prepared]);
  await network.dispose();
  return result.data;
}

describe('an exported transformer computes what its weights compute', () => {
  test.each([
    ['the bundle of five axes', { contract: 'bundle' }, 1],
    ['the bundle with all weights inside', { contract: 'bundle' }, 0],
    ['the bundle in three data files', { contract: 'bundle' }, 3],
    ['fed sigma', { contract: 'bundle', time: 'sigma' }, 1],
    ['fed thousandths of sigma', { contract: 'bundle', time: 'thousandths' }, 1],
    ['giving the velocity itself', { contract: 'bundle', positive: true }, 1],
    ['traced, without names', { contract: 'bundle', style: 'traced' }, 2],
  ] as const)('%s', async (_, options, sidecars) => {
    const { part } = await open(options, sidecars);
    expect(part.layout).toBe('zimage/onnx');
    expect(maxDifference(await velocity(part), reference)).toBeLessThan(1e-4);
  });

  test('a standalone export, whose captions are filled up with their last token', async () => {
    const { part } = await open({ contract: 'standalone', tokens: 32 });
    const filled = tensor([32, 64]);
    for (let row = 0; row < 32; row++)
      filled.data.set(features.data.subarray(Math.min(row, 20) * 64, Math.min(row, 20) * 64 + 64), row * 64);
    const native = new ZImageTransformer(tiny.weights, tiny.config, {
      ...settings,
      attention: { kind: 'fused' },
    });
    const expected = await native.velocity(latents, SIGMA, [await native.prepareCaption(filled)]);
    await native.dispose();
    expect(maxDifference(await velocity(part), expected.data)).toBeLessThan(1e-4);
  });
});

const adapterCases = goldenJson<{ adapters: Record<string, { file: string }> }>(
  'adapters-zimage-tiny/cases.json',
);
const adapted = await loadGolden('adapters-zimage-tiny/expected.safetensors');
const adapterNames = Object.keys(adapterCases.adapters);

describe.each([
  ['named layers', { contract: 'bundle' }],
  ['layers without names', { contract: 'bundle', style: 'traced' }],
] as const)('adapters act inside a ready-made graph with %s', (_, options) => {
  test('each equals the reference, in one session', async () => {
    const { part } = await open(options);
    const adapters = [];
    for (const name of adapterNames)
      adapters.push(
        await openForeignAdapter(
          goldenPath(`adapters-zimage-tiny/${adapterCases.adapters[name]!.file}`),
          part.ready!,
        ),
      );
    for (const [i, { adapter }] of adapters.entries())
      expect([adapterNames[i], adapter.unmatchedKeys, adapter.misfits]).toEqual([adapterNames[i], [], []]);
    const network = new ForeignTransformer(part.ready!, settings, adapters);
    const caption = await network.prepareCaption(features);
    const before = runtimeCounters.sessionsCreated;
    for (const name of adapterNames)
      for (const strength of ['0.5', '1.0']) {
        const strengths = adapterNames.map((other) => ({ strength: other === name ? Number(strength) : 0 }));
        const result = await network.velocity(latents, SIGMA, [caption], strengths);
        const expected =
          adapted.get(`${name}.output@${strength}`) ?? pick(adapted, `${name}.comfy_output@${strength}`);
        const difference = maxDifference(
          result.data,
          expected.data.map((value) => -value),
        );
        expect([name, strength, difference < 1e-4]).toEqual([name, strength, true]);
      }
    expect(runtimeCounters.sessionsCreated - before).toBe(1);
    expect(maxDifference((await network.velocity(latents, SIGMA, [caption])).data, reference)).toBeLessThan(
      1e-4,
    );
    await network.dispose();
  });
});

describe('an export for one size only', () => {
  const whole = exportTransformer(tiny, { height: 16, width: 16, tokens: 32, contract: 'standalone' });
  /** Its inputs with sizes in place of names. */
  const fixed = (sizes: Readonly<Record<string, readonly number[]>>): GraphModel => ({
    ...whole,
    inputs: whole.inputs.map((input) => ({ ...input, shape: sizes[input.name] ?? input.shape })),
  });
  const opened = async (model: GraphModel) => {
    const path = join(await tempFolder(), 'fixed.onnx');
    await writeExport(path, model);
    const network = new ForeignTransformer((await openPart(path, 'transformer')).ready!, settings);
    onTestFinished(() => network.dispose());
    return network;
  };
  const wide = tensor([1, 16, 16, 32], new Float32Array(16 * 16 * 32));

  test('says which, before it runs', async () => {
    const network = await opened(
      fixed({ hidden_states: [1, 16, 16, 16], encoder_hidden_states: [1, 32, 64] }),
    );
    const caption = await network.prepareCaption(features);
    expect((await network.velocity(latents, SIGMA, [caption])).dims).toEqual(latents.dims);
    await expect(network.velocity(wide, SIGMA, [caption])).rejects.toThrow(
      'This ONNX transformer makes pictures of 128×128 only, not of 256×128.',
    );
    const long = await network.prepareCaption(tensor([40, 64], new Float32Array(40 * 64)));
    await expect(network.velocity(latents, SIGMA, [long])).rejects.toThrow(
      'takes prompts of 32 tokens only, and this one has 64 as it is fed',
    );
  });

  test('that only shows when it runs is told in words', async () => {
    const network = await opened(whole);
    const caption = await network.prepareCaption(features);
    await expect(network.velocity(wide, SIGMA, [caption])).rejects.toMatchObject({
      message: expect.stringContaining('it was not made for this size of picture or length of prompt'),
      hint: expect.stringContaining('An ONNX export may be made for one size only'),
    });
  });

  test('a text encoder of one length takes shorter prompts, and refuses longer ones', async () => {
    const part = await openPart(goldenPath('qwen3-tiny'), 'text-encoder');
    const golden = await loadGolden('qwen3-tiny/cases.safetensors');
    const tokens = [...pick(golden, 'single.input_ids').data];
    const model = exportTextEncoder(part, tokens.length + 9);
    const inputs = model.inputs.map((input) => ({ ...input, shape: [1, tokens.length + 9] }));
    const path = join(await tempFolder(), 'encoder.onnx');
    await writeExport(path, { ...model, inputs });
    const encoder = new ForeignTextEncoder((await openPart(path, 'text-encoder')).ready!, settings);
    onTestFinished(() => encoder.dispose());
    const { dims, data } = await encoder.encode(tokens);
    const expected = pick(golden, 'single.hidden_states.2');
    expect(dims).toEqual([tokens.length, part.config.hiddenSize]);
    expect(maxDifference(data, expected.data)).toBeLessThan(1e-3);
    await expect(encoder.encode(Array.from({ length: tokens.length + 10 }, () => 1))).rejects.toThrow(
      `takes prompts of up to ${tokens.length + 9} tokens`,
    );
  });
});

describe('a graph of low precision', () => {
  const lokr = 'lokr-aitoolkit-full-bf16';
  const errorOf = (result: Float32Array, expected: Float32Array) => {
    const norm = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0));
    return Math.sqrt(result.reduce((sum, value, i) => sum + (value - expected[i]!) ** 2, 0)) / norm;
  };
  test.each<[string, Partial<TransformerExport>, number]>([
    ['float16', { compute: 'float16' }, 0.03],
    ['blocks of 4 bits', { style: 'int4' }, 0.3],
    ['8-bit integers', { style: 'int8' }, 0.15],
  ])('in %s computes the same up to its rounding, with and without an adapter', async (_, options, limit) => {
    const { part } = await open({ contract: 'bundle', ...options });
    const adapter = await openForeignAdapter(
      goldenPath(`adapters-zimage-tiny/${adapterCases.adapters[lokr]!.file}`),
      part.ready!,
    );
    expect([adapter.adapter.unmatchedKeys, adapter.adapter.misfits]).toEqual([[], []]);
    const network = new ForeignTransformer(part.ready!, settings, [adapter]);
    const caption = await network.prepareCaption(features);
    const at = async (strength: number) =>
      (await network.velocity(latents, SIGMA, [caption], [{ strength }])).data;
    const expected = pick(adapted, `${lokr}.output@1.0`).data.map((value) => -value);
    const [plain, changed] = [await at(0), await at(1)];
    await network.dispose();
    expect(errorOf(plain, reference)).toBeLessThan(limit);
    expect(errorOf(changed, expected)).toBeLessThan(limit);
    // The adapter is what brings it there.
    expect(errorOf(plain, expected)).toBeGreaterThan(1.5 * errorOf(changed, expected));
  });

  const doraFile = goldenPath(`adapters-zimage-tiny/${adapterCases.adapters['lokr-dora']!.file}`);

  test('DoRA over weights in blocks computes the same up to their rounding', async () => {
    const { part } = await open({ contract: 'bundle', style: 'int4' });
    const adapter = await openForeignAdapter(doraFile, part.ready!);
    expect(adapter.adapter.misfits).toEqual([]);
    const layer = part.ready!.layers.byModule.get('layers.1.attention.to_q')!;
    expect(layer.weight!.kind).toBe('blocks');
    // d / ‖W‖ of the rounded weight lies near that of the weight it was made from, and is not the same.
    const [exact, rounded] = [await liveAdapter(adapter.adapter, tiny.weights), adapter].map(
      ({ modules }) => modules.get('layers.1.attention.to_q')!.gains!,
    );
    for (const [i, gain] of rounded!.entries()) expect(Math.abs(gain / exact![i]! - 1)).toBeLessThan(0.05);
    expect(rounded).not.toEqual(exact);
    const network = new ForeignTransformer(part.ready!, settings, [adapter]);
    const caption = await network.prepareCaption(features);
    const at = async (strength: number) =>
      (await network.velocity(latents, SIGMA, [caption], [{ strength }])).data;
    const [plain, changed] = [await at(0), await at(1)];
    await network.dispose();
    const expected = pick(adapted, 'lokr-dora.comfy_output@1.0').data.map((value) => -value);
    expect(errorOf(changed, expected)).toBeLessThan(0.3);
    // What the adapter changes is what it changes over weights that are not rounded.
    const change = changed.map((value, i) => value - plain[i]!);
    expect(
      errorOf(
        change,
        expected.map((value, i) => value - reference[i]!),
      ),
    ).toBeLessThan(0.5);
  });

  test('DoRA over weights in other integers is listed with the reason', async () => {
    const { part } = await open({ contract: 'bundle', style: 'int8' });
    const { adapter } = await openForeignAdapter(doraFile, part.ready!);
    expect(adapter.misfits.map(({ why }) => why).join()).toContain('integers of a form that is not read');
  });
});
