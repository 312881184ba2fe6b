import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ComputeType } from '../../nodes/core/precision.ts';
import { liveAdapter } from '../../nodes/inference/adapters/live-adapter.ts';
import { readAdapter } from '../../nodes/inference/adapters/read-adapter.ts';
import { AutoencoderKL } from '../../nodes/inference/autoencoder-kl/autoencoder-kl.ts';
import { type OpenedPart, openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { readSafetensors } from '../../nodes/inference/checkpoints/safetensors.ts';
import { isBlockSource, type NetworkWeights } from '../../nodes/inference/checkpoints/weights.ts';
import { Graph } from '../../nodes/inference/onnx/graph.ts';
import { computesIn } from '../../nodes/inference/ort/float-check.ts';
import { listOperators } from '../../nodes/inference/ort/node-placement.ts';
import { Session } from '../../nodes/inference/ort/session.ts';
import { type ConversionTarget, planConversion } from '../../nodes/inference/precision/conversion.ts';
import { blockFormats } from '../../nodes/inference/precision/formats.ts';
import type { BlockFormat } from '../../nodes/inference/precision/quantise.ts';
import { WeightCache } from '../../nodes/inference/precision/weight-cache.ts';
import { Qwen3TextEncoder } from '../../nodes/inference/qwen3/text-encoder.ts';
import { Placement } from '../../nodes/inference/services/placement.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { writeCopy } from '../support/checkpoint-copies.ts';
import { dequantised } from '../support/dequantised.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { blockFeeds, openBlock } from '../support/full-block.ts';
import { loadGolden, pick } from '../support/golden.ts';
import { relativeError } from '../support/relative-error.ts';
import { fullWidth, normalValues, writeSyntheticTransformer } from '../support/synthetic-model.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testProviders } from '../support/webgpu.ts';

// What precision.test.ts and half-precision.test.ts show on the CPU, with the kernels of a GPU and nothing on the CPU.
// Half precision is tried where the device has it; software GPUs have not.

const hasGpu = testProviders.length > 1;
const hasHalf = hasGpu && (await computesIn('webgpu', 'float16'));

const settings = {
  provider: 'webgpu',
  weights: 'packed',
  // The fused operator is wrong on software GPUs.
  attention: { kind: 'primitive', chunks: 1 },
  forbidCpuFallback: true,
} as const;

const inBlocks = (format: BlockFormat): ConversionTarget => ({ kind: 'blocks', format, scales: 'F32' });

const converted = async (part: OpenedPart, target: ConversionTarget): Promise<NetworkWeights> =>
  new WeightCache(await tempFolder()).prepare(
    planConversion(part.part, part.weights, part.files.join(), target),
  );

const MODULE = 'layers.0.attention.to_q.weight';

// Kernels are chosen by rows, by the block size, and by whether the sides are multiples of 16 and 128.
describe.runIf(hasGpu).each([
  { bits: 4, blockSize: 32, rows: 37, columns: 256, out: 64 },
  { bits: 4, blockSize: 64, rows: 37, columns: 256, out: 64 },
  { bits: 4, blockSize: 128, rows: 37, columns: 256, out: 64 },
  { bits: 8, blockSize: 32, rows: 37, columns: 256, out: 64 },
  { bits: 8, blockSize: 64, rows: 37, columns: 256, out: 64 },
  { bits: 8, blockSize: 128, rows: 37, columns: 256, out: 64 },
  { bits: 4, blockSize: 32, rows: 1, columns: 256, out: 64 },
  { bits: 8, blockSize: 128, rows: 1, columns: 256, out: 64 },
  { bits: 4, blockSize: 32, rows: 37, columns: 160, out: 33 },
  { bits: 8, blockSize: 128, rows: 37, columns: 384, out: 33 },
] as const)('a weight in int$bits, blocks of $blockSize', ({ rows, columns, out, ...format }) => {
  test(`[${rows}, ${columns}] · [${columns}, ${out}] is the product of what its codes stand for`, async () => {
    const file = join(await tempFolder(), 'weight.safetensors');
    await writeCopy(file, [{ name: MODULE, shape: [out, columns], values: normalValues(out * columns, 3) }]);
    const { tensors } = await readSafetensors(file);
    const plan = planConversion('transformer', tensors, 'one weight', inBlocks(format));
    const weight = (await new WeightCache(await tempFolder()).prepare(plan)).get(MODULE);
    if (!weight || !isBlockSource(weight)) throw new Error('The weight was not quantised.');
    const x = normalValues(rows * columns, 5);
    // Activations are rounded to 8 bits in steps that one large channel makes wide.
    for (let row = 0; row < rows; row++) x[row * columns + 11]! += 30;

    const graph = new Graph('product');
    graph.output('y', graph.linear(graph.real('x', ['rows', columns]), graph.linearWeight('w', weight)));
    const session = await Session.create(graph.build(), settings);
    const { y } = await session.run({ x: { dims: [rows, columns], data: x } });
    await session.release();

    const { values } = await dequantised(weight);
    const expected = Float32Array.from({ length: rows * out }, (_, i) => {
      const [row, to] = [Math.floor(i / out), i % out];
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += x[row * columns + k]! * values[to * columns + k]!;
      return sum;
    });
    expect(relativeError(y!.data, expected)).toBeLessThan(0.02);
  });
});

describe.runIf(hasGpu)('one narrow block, with outliers like the real model’s', { timeout: 180_000 }, () => {
  const HALF_MAX = 65_504;
  const config = { ...fullWidth(1, 0), dim: 512, heads: 4, feedForwardWidth: 1280 };
  const feeds = blockFeeds(config, 24);
  let folder: string;
  let part: OpenedPart<'transformer'>;
  let exact: Float32Array;

  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kronode-webgpu-precision-'));
    part = await openPart(await writeSyntheticTransformer(folder, config), 'transformer');
    const session = await openBlock(part.weights, config, 'packed');
    const { y, product } = await session.run(feeds);
    await session.release();
    expect(product!.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeGreaterThan(
      HALF_MAX,
    );
    exact = y!.data;
  });

  const errorOf = async (target: ConversionTarget | undefined, compute: ComputeType = 'float32') => {
    const weights = target ? await converted(part, target) : part.weights;
    const graph = new Graph('block', compute);
    const session = await openBlock(weights, config, 'packed', graph, false, settings);
    const { y } = await session.run(feeds);
    await session.release();
    const error = relativeError(y!.data, exact);
    if (process.env.KRONODE_SHOW_ERRORS) process.stdout.write(`${target?.kind} ${error}\n`);
    return error;
  };

  test('equals the CPU in f32', async () => {
    expect(await errorOf(undefined)).toBeLessThan(1e-5);
  });

  test('int4 stays under 3 %', async () => {
    expect(await errorOf(inBlocks(blockFormats.int4))).toBeLessThan(0.03);
  });

  test('int8 stays under 0.5 %', async () => {
    expect(await errorOf(inBlocks(blockFormats.int8))).toBeLessThan(0.005);
  });

  test.runIf(hasHalf)('f16 comes through finite and stays under 0.2 %', async () => {
    expect(await errorOf({ kind: 'half' }, 'float16')).toBeLessThan(0.002);
  });
});

// Software compiles a hundred shaders for it.
describe.runIf(hasGpu)('the golden transformer', { timeout: 300_000 }, async () => {
  const part = await openPart(goldenPath('zimage-transformer-tiny'), 'transformer');
  const input = await loadGolden('zimage-transformer-tiny/square-16x16-cap21.safetensors');
  const expected = await loadGolden('adapters-zimage-tiny/expected.safetensors');
  const ADAPTER = 'lokr-aitoolkit-full-bf16';

  /** A step at a strength of the adapter, and the operators of the step graph that ran on the CPU. */
  const stepOf = async (target: ConversionTarget, compute: ComputeType, strength: number | undefined) => {
    const file = goldenPath(`adapters-zimage-tiny/${ADAPTER}.safetensors`);
    const adapter = async () => liveAdapter(await readAdapter(file, part.weights), part.weights);
    const fallbacks: string[] = [];
    const { forbidCpuFallback: _, ...lenient } = settings;
    const model = new ZImageTransformer(await converted(part, target), part.config, {
      ...lenient,
      compute,
      adapters: strength === undefined ? [] : [await adapter()],
      onFallback: (operators) => fallbacks.push(listOperators(operators)),
    });
    const strengths = strength === undefined ? [] : [{ strength }];
    const caption = await model.prepareCaption(pick(input, 'cap_feats.0'), strengths);
    const { data } = await model.velocity(pick(input, 'latents'), 0.7, [caption], strengths);
    await model.dispose();
    return { data, fallbacks };
  };
  const negated = (tensor: { readonly data: Float32Array }) => tensor.data.map((value) => -value);

  const forms = [
    { name: 'int4', target: inBlocks(blockFormats.int4), compute: 'float32', most: 0.25 },
    ...(hasHalf ? [{ name: 'f16', target: { kind: 'half' }, compute: 'float16', most: 0.005 } as const] : []),
  ] as const;

  // Random weights in narrow layers: rounding does not average out as in the real model.
  test.each(forms)('in $name stays near the reference, all of it on the GPU', async (form) => {
    const { data, fallbacks } = await stepOf(form.target, form.compute, undefined);
    expect(relativeError(data, negated(pick(input, 'output.1')))).toBeLessThan(form.most);
    expect(fallbacks).toEqual([]);
  });

  test('in int8 under a live adapter does so, too', async () => {
    const { data, fallbacks } = await stepOf(inBlocks(blockFormats.int8), 'float32', 0.5);
    expect(relativeError(data, negated(pick(expected, `${ADAPTER}.output@0.5`)))).toBeLessThan(0.02);
    expect(fallbacks).toEqual([]);
  });
});

describe.runIf(hasGpu)('the golden text encoder', { timeout: 180_000 }, async () => {
  const part = await openPart(goldenPath('qwen3-tiny'), 'text-encoder');
  const golden = await loadGolden('qwen3-tiny/cases.safetensors');

  test.each([
    { name: 'int8', target: inBlocks({ bits: 8, blockSize: 32 }), compute: 'float32', most: 0.02 },
    { name: 'int4', target: inBlocks(blockFormats.int4), compute: 'float32', most: 0.25 },
    ...(hasHalf ? [{ name: 'f16', target: { kind: 'half' }, compute: 'float16', most: 0.002 } as const] : []),
  ] as const)('in $name stays near the reference', async ({ target, compute, most }) => {
    const encoder = new Qwen3TextEncoder(await converted(part, target), part.config, {
      ...settings,
      compute,
    });
    const { data } = await encoder.encode([...pick(golden, 'single.input_ids').data]);
    await encoder.dispose();
    const error = relativeError(data, pick(golden, 'single.hidden_states.2').data);
    if (process.env.KRONODE_SHOW_ERRORS) process.stdout.write(`text encoder ${error}\n`);
    expect(error).toBeLessThan(most);
  });
});

test.runIf(hasHalf)('the golden autoencoder in f16 stays near the reference', async () => {
  const cases = await loadGolden('vae-tiny/cases.safetensors');
  const { weights, config } = await openPart(goldenPath('vae-tiny'), 'vae');
  const vae = new AutoencoderKL(weights, config, { ...settings, compute: 'float16' });
  const latent = pick(cases, 'decode6x6.latent');
  const plan = vae.plan({ height: 6, width: 6, mode: 'whole', tile: 0, overlap: 0, budgetBytes: 2 ** 40 });
  const { data } = await vae.decode(latent, plan);
  await vae.dispose();
  expect(relativeError(data, pick(cases, 'decode6x6.image').data)).toBeLessThan(0.003);
});

describe.runIf(hasGpu && !hasHalf)('a GPU without half precision', () => {
  test('refuses to compute in it, in a sentence', async () => {
    const graph = new Graph('product', 'float16');
    const x = graph.real('x', [2, 2]);
    graph.output('y', graph.matmul(x, x));
    const session = await Session.create(graph.build(), settings);
    const run = session.run({ x: { dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) } });
    await expect(run).rejects.toThrow('this GPU cannot compute in half precision');
    await session.release();
  });

  test('is noticed: parts compute in float32, and the reason says why', async () => {
    const { weights, config } = await openPart(goldenPath('zimage-transformer-tiny'), 'transformer');
    const placement = new Placement('webgpu', 24e9);
    const place = await placement.of(weights, config, { part: 'transformer', precision: 'f16' });
    expect(place).toMatchObject({
      compute: 'float32',
      settings: { compute: 'float32' },
      reason: 'chosen, though this GPU computes in float32 only',
    });
  });
});
