import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../nodes/core/tensor.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { Qwen3TextEncoder } from '../../nodes/inference/qwen3/text-encoder.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { loadGolden, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';
import { testProviders } from '../support/webgpu.ts';

const TOLERANCE = 1e-4;

describe.each(testProviders)('qwen3 on %s', (provider) => {
  let golden: Map<string, Tensor>;
  let encoder: Qwen3TextEncoder;
  beforeAll(async () => {
    golden = await loadGolden('qwen3-tiny/cases.safetensors');
    const { weights, config } = await openPart(goldenPath('qwen3-tiny'), 'text-encoder');
    encoder = new Qwen3TextEncoder(weights, config, {
      provider,
      weights: 'packed',
      attention: provider === 'webgpu' ? { kind: 'primitive', chunks: 1 } : { kind: 'fused' },
      forbidCpuFallback: provider === 'webgpu',
    });
  });
  afterAll(() => encoder.dispose());

  it.each([
    ['single', 'single.hidden_states.2'],
    ['long', 'long.hidden_states.-2'],
  ])('equals transformers for %s', async (name, expected) => {
    const features = await encoder.encode([...pick(golden, `${name}.input_ids`).data]);
    expect(maxDifference(features.data, pick(golden, expected).data)).toBeLessThan(TOLERANCE);
  });

  it('equals a padded batch on its real tokens', async () => {
    const ids = pick(golden, 'batch.input_ids');
    const mask = pick(golden, 'batch.attention_mask');
    const expected = pick(golden, 'batch.hidden_states.2');
    const [rows = 0, length = 0, width = 0] = expected.dims;
    for (let row = 0; row < rows; row++) {
      const tokens = mask.data.subarray(row * length, (row + 1) * length).reduce((sum, bit) => sum + bit, 0);
      const features = await encoder.encode([...ids.data.subarray(row * length, row * length + tokens)]);
      const reference = expected.data.subarray(row * length * width, (row * length + tokens) * width);
      expect(maxDifference(features.data, reference)).toBeLessThan(TOLERANCE);
    }
  });

  it('refuses ids outside the vocabulary', async () => {
    await expect(encoder.encode([-1])).rejects.toThrow('vocabulary');
  });
});
