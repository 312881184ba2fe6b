import { afterEach, describe, expect, test, vi } from 'vitest';
import { attentionFor } from '../../../../nodes/inference/ort/attention-check.ts';
import { computesIn } from '../../../../nodes/inference/ort/float-check.ts';
import type { Provider } from '../../../../nodes/inference/ort/session-options.ts';
import { standInForBfloat16 } from '../../../support/bfloat16-device.ts';
import { testProviders } from '../../../support/webgpu.ts';

const rates = vi.hoisted(() => ({ float16: 100, bfloat16: 100 }));
vi.mock('../../../../nodes/inference/ort/matmul-rate.ts', () => ({
  matmulRate: async (_: Provider, compute: keyof typeof rates) => {
    if (Number.isNaN(rates[compute])) throw new Error('out of memory');
    return rates[compute];
  },
}));

const [missing, other] =
  process.platform === 'darwin' ? (['dml', 'coreml'] as const) : (['coreml', 'dml'] as const);

afterEach(() => {
  vi.restoreAllMocks();
});

test('on a CPU nothing is computed in 16 bits', async () => {
  expect(await computesIn('cpu', 'float16')).toBe(false);
  expect(await computesIn('cpu', 'bfloat16')).toBe(false);
});

test('a provider that is not there computes in nothing', async () => {
  expect(await computesIn(missing, 'float16')).toBe(false);
});

test.runIf(testProviders.length > 1)('WebGPU, which has no bfloat16, does not compute in it', async () => {
  expect(await computesIn('webgpu', 'bfloat16')).toBe(false);
});

describe('a device with bfloat16', () => {
  // Verdicts are kept for as long as the process runs, so every device goes by another name.
  test.each([
    { provider: 'cuda', bfloat16: 70, is: true },
    // A card from before the type, which imitates it.
    { provider: 'tensorrt', bfloat16: 20, is: false },
    { provider: other, bfloat16: Number.NaN, is: false },
  ] as const)('at $bfloat16 % of the speed in half precision: $is', async ({ provider, bfloat16, is }) => {
    standInForBfloat16();
    rates.bfloat16 = bfloat16;
    expect(await computesIn(provider, 'bfloat16')).toBe(is);
  });

  test('that keeps too few bits is found wrong', async () => {
    standInForBfloat16('float8e5m2');
    rates.bfloat16 = 100;
    expect(await computesIn(missing, 'bfloat16')).toBe(false);
  });
});

test('in bfloat16 attention takes half precision where that is right, and float32 where not', async () => {
  const need = { heads: 2, headDim: 64, tokens: 512, compute: 'bfloat16' } as const;
  standInForBfloat16();
  expect(await attentionFor('cuda', need)).toEqual({ kind: 'fused', type: 'float16' });
  vi.restoreAllMocks();
  expect(await attentionFor(missing, need)).toEqual({ kind: 'primitive', chunks: 1 });
});
