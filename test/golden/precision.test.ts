import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { liveAdapter } from '../../nodes/inference/adapters/live-adapter.ts';
import { readAdapter } from '../../nodes/inference/adapters/read-adapter.ts';
import { type OpenedPart, openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { readTensor } from '../../nodes/inference/checkpoints/safetensors.ts';
import { isBlockSource, type NetworkWeights } from '../../nodes/inference/checkpoints/weights.ts';
import { type ConversionTarget, planConversion } from '../../nodes/inference/precision/conversion.ts';
import { blockFormats } from '../../nodes/inference/precision/formats.ts';
import { WeightCache } from '../../nodes/inference/precision/weight-cache.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { dequantised } from '../support/dequantised.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { blockFeeds, openBlock } from '../support/full-block.ts';
import { loadGolden, pick } from '../support/golden.ts';
import { HalfGraph } from '../support/half-graph.ts';
import { relativeError } from '../support/relative-error.ts';
import { fullWidth, writeSyntheticTransformer } from '../support/synthetic-model.ts';

const HALF_MAX = 65_504;
const blocks = (precision: keyof typeof blockFormats): ConversionTarget => ({
  kind: 'blocks',
  format: blockFormats[precision],
  scales: 'F32',
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kronode-precision-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const converted = (part: OpenedPart<'transformer'>, target: ConversionTarget): Promise<NetworkWeights> =>
  new WeightCache(join(folder, 'cache')).prepare(
    planConversion('transformer', part.weights, part.files.join(), target),
  );

describe('one block of full width, with outliers like the real model’s', () => {
  const config = fullWidth(1, 0);
  const feeds = blockFeeds(config, 64);
  let part: OpenedPart<'transformer'>;
  let exact: { readonly y: Float32Array; readonly product: Float32Array };

  beforeAll(async () => {
    part = await openPart(await writeSyntheticTransformer(folder, config), 'transformer');
    const session = await openBlock(part.weights, config, 'mapped');
    const { y, product } = await session.run(feeds);
    await session.release();
    exact = { y: y!.data, product: product!.data };
  });

  const errorOf = async (weights: NetworkWeights, policy: 'quantised' | 'mapped', graph?: HalfGraph) => {
    const session = await openBlock(weights, config, policy, graph);
    const { y } = await session.run(feeds);
    await session.release();
    const error = relativeError(y!.data, exact.y);
    const x = feeds.x!.data as Float32Array;
    const branch = relativeError(
      y!.data.map((value, i) => value - x[i]!),
      exact.y.map((value, i) => value - x[i]!),
    );
    if (process.env.KRONODE_SHOW_ERRORS)
      process.stdout.write(`${error} of the output, ${branch} of what the block adds\n`);
    return error;
  };

  test('what goes into the last layer is far beyond half precision', () => {
    expect(exact.product.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeGreaterThan(
      4 * HALF_MAX,
    );
  });

  test('int4 stays under 3 %', async () => {
    expect(await errorOf(await converted(part, blocks('int4')), 'quantised')).toBeLessThan(0.03);
  });

  test('int8 stays under 0.5 %', async () => {
    expect(await errorOf(await converted(part, blocks('int8')), 'quantised')).toBeLessThan(0.005);
  });

  test('f16 comes through finite and stays under 0.2 %', async () => {
    const weights = await converted(part, { kind: 'half' });
    expect(await errorOf(weights, 'mapped', new HalfGraph('block'))).toBeLessThan(0.002);
  });
});

describe('the golden model', async () => {
  const tiny = await openPart(goldenPath('zimage-transformer-tiny'), 'transformer');
  const input = await loadGolden('zimage-transformer-tiny/square-16x16-cap21.safetensors');
  const expected = await loadGolden('adapters-zimage-tiny/expected.safetensors');
  const reference = pick(input, 'output.1').data.map((value) => -value);
  const ADAPTER = 'lokr-aitoolkit-full-bf16';

  const velocity = async (target: ConversionTarget, strengths: readonly number[]) => {
    const adapters =
      strengths.length === 0
        ? []
        : [
            await liveAdapter(
              await readAdapter(goldenPath(`adapters-zimage-tiny/${ADAPTER}.safetensors`), tiny.weights),
              tiny.weights,
            ),
          ];
    const model = new ZImageTransformer(await converted(tiny, target), tiny.config, {
      provider: 'cpu',
      weights: 'quantised',
      attention: { kind: 'fused' },
      adapters,
    });
    const caption = await model.prepareCaption(pick(input, 'cap_feats.0'));
    const results = [];
    for (const strength of strengths.length === 0 ? [0] : strengths)
      results.push((await model.velocity(pick(input, 'latents'), 0.7, [caption], [{ strength }])).data);
    await model.dispose();
    return results;
  };

  test.each([
    ['int8', 0.009],
    ['int4', 0.12],
  ] as const)('in %s every layer by itself stays near its weights', async (precision, most) => {
    const errors: number[] = [];
    for (const [name, found] of await converted(tiny, blocks(precision))) {
      if (!isBlockSource(found)) continue;
      const original = await readTensor(tiny.weights.get(name)!);
      errors.push(relativeError((await dequantised(found)).values, original));
    }
    // All linear layers of seven blocks but the last feed-forward layers, whose 341 inputs make no whole blocks.
    expect(errors).toHaveLength(7 * 6);
    expect(Math.max(...errors)).toBeLessThan(most);
    expect(Math.min(...errors)).toBeGreaterThan(most / 4);
  });

  // Random weights in narrow layers: rounding does not average out as in the real model.
  test.each([
    ['int8', 0.02],
    ['int4', 0.25],
  ] as const)('in %s stays near the reference', async (precision, most) => {
    const [result] = await velocity(blocks(precision), []);
    expect(relativeError(result!, reference)).toBeLessThan(most);
  });

  test('a live adapter over quantised weights changes what it changes over exact ones', async () => {
    const [off, half, whole] = await velocity(blocks('int8'), [0, 0.5, 1]);
    for (const [result, strength] of [
      [half!, '0.5'],
      [whole!, '1.0'],
    ] as const) {
      const adapted = pick(expected, `${ADAPTER}.output@${strength}`).data.map((value) => -value);
      expect(relativeError(result, adapted)).toBeLessThan(0.02);
      expect(relativeError(result, off!)).toBeGreaterThan(0.1);
    }
  });
});
