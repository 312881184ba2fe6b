import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { liveAdapter } from '../../nodes/inference/adapters/live-adapter.ts';
import { readAdapter } from '../../nodes/inference/adapters/read-adapter.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { Graph } from '../../nodes/inference/onnx/graph.ts';
import { Qwen3TextEncoder } from '../../nodes/inference/qwen3/text-encoder.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { standInForBfloat16 } from '../support/bfloat16-device.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { blockFeeds, openBlock } from '../support/full-block.ts';
import { loadGolden, pick } from '../support/golden.ts';
import { relativeError } from '../support/relative-error.ts';
import { fullWidth, writeSyntheticTransformer } from '../support/synthetic-model.ts';
import { tempFolder } from '../support/temp-folder.ts';

// Networks computed in bfloat16, as CUDA does: every product of a linear layer is rounded to 8 bits.

const settings = {
  provider: 'cuda',
  weights: 'packed',
  compute: 'bfloat16',
  attention: { kind: 'fused', type: 'float16' },
} as const;

const show = (name: string, error: number): number => {
  if (process.env.KRONODE_SHOW_ERRORS) process.stdout.write(`${name}: ${error}\n`);
  return error;
};

beforeAll(() => standInForBfloat16());
afterAll(() => {
  vi.restoreAllMocks();
});

test('one block of full width, with outliers like the real model’s, comes through finite', async () => {
  const config = fullWidth(1, 0);
  const feeds = blockFeeds(config, 64);
  const part = await openPart(await writeSyntheticTransformer(await tempFolder(), config), 'transformer');
  const run = async (graph?: Graph) => {
    const session = await openBlock(part.weights, config, 'mapped', graph, false);
    const { y } = await session.run(feeds);
    await session.release();
    return y!.data;
  };
  const error = relativeError(await run(new Graph('block', 'bfloat16')), await run());
  expect(show('block', error)).toBeLessThan(0.005);
});

describe('the golden transformer', async () => {
  const part = await openPart(goldenPath('zimage-transformer-tiny'), 'transformer');
  const input = await loadGolden('zimage-transformer-tiny/square-16x16-cap21.safetensors');
  const expected = await loadGolden('adapters-zimage-tiny/expected.safetensors');
  const negated = (tensor: { readonly data: Float32Array }) => tensor.data.map((value) => -value);

  const velocities = async (adapter: string | undefined, strengths: readonly number[]) => {
    const file = goldenPath(`adapters-zimage-tiny/${adapter}.safetensors`);
    const adapters =
      adapter === undefined ? [] : [await liveAdapter(await readAdapter(file, part.weights), part.weights)];
    const model = new ZImageTransformer(part.weights, part.config, { ...settings, adapters });
    const results = [];
    for (const strength of strengths) {
      const own = adapters.map(() => ({ strength }));
      const caption = await model.prepareCaption(pick(input, 'cap_feats.0'), own);
      results.push((await model.velocity(pick(input, 'latents'), 0.7, [caption], own)).data);
    }
    await model.dispose();
    return results;
  };

  test('stays near the reference', async () => {
    const [result] = await velocities(undefined, [0]);
    const error = show('transformer', relativeError(result!, negated(pick(input, 'output.1'))));
    expect(error).toBeLessThan(0.02);
    // Nothing was rounded otherwise.
    expect(error).toBeGreaterThan(1e-3);
  });

  test.each([
    ['lokr-aitoolkit-full-bf16', 'output'],
    ['lokr-comfy-fused-qkv', 'output'],
    ['lokr-dora', 'comfy_output'],
    ['loha', 'output'],
    ['lora-aitoolkit', 'output'],
  ])('a live adapter (%s) changes what it should', async (name, output) => {
    const [half, whole] = await velocities(name, [0.5, 1]);
    for (const [result, strength] of [
      [half!, '0.5'],
      [whole!, '1.0'],
    ] as const) {
      const adapted = negated(pick(expected, `${name}.${output}@${strength}`));
      expect(show(`${name} at ${strength}`, relativeError(result, adapted))).toBeLessThan(0.02);
    }
  });
});

test('the golden text encoder stays near the reference', async () => {
  const golden = await loadGolden('qwen3-tiny/cases.safetensors');
  const part = await openPart(goldenPath('qwen3-tiny'), 'text-encoder');
  const encoder = new Qwen3TextEncoder(part.weights, part.config, settings);
  const { data } = await encoder.encode([...pick(golden, 'single.input_ids').data]);
  await encoder.dispose();
  const error = show('text encoder', relativeError(data, pick(golden, 'single.hidden_states.2').data));
  expect(error).toBeLessThan(0.02);
  expect(error).toBeGreaterThan(1e-3);
});
