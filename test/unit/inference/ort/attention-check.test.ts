import { describe, expect, it } from 'vitest';
import {
  attentionFor,
  fusedAttentionIsRight,
  headChunks,
} from '../../../../nodes/inference/ort/attention-check.ts';
import { runtimeCounters } from '../../../../nodes/inference/ort/counters.ts';
import { testProviders } from '../../../support/webgpu.ts';

const need = { heads: 30, headDim: 32, tokens: 4608 };

describe('attention check', () => {
  it.each([false, true])('finds the fused operator of the CPU right (causal: %s)', async (causal) => {
    expect(await fusedAttentionIsRight('cpu', 128, causal)).toBe(true);
  });

  it('finds it right in half precision too', async () => {
    expect(await fusedAttentionIsRight('cpu', 128, false, 'float16')).toBe(true);
  });

  it.runIf(testProviders.length > 1)('asks about each type, which have kernels of their own', async () => {
    for (const compute of ['float32', 'float16'] as const) {
      const isRight = await fusedAttentionIsRight('webgpu', 64, false, compute);
      const { kind } = await attentionFor('webgpu', { ...need, headDim: 64, compute });
      expect([compute, kind]).toEqual([compute, isRight ? 'fused' : 'primitive']);
    }
  });

  it('asks each provider once', async () => {
    for (const provider of testProviders) {
      const first = await attentionFor(provider, need);
      const { sessionsCreated } = runtimeCounters;
      expect(await attentionFor(provider, need)).toEqual(first);
      expect(runtimeCounters.sessionsCreated).toBe(sessionsCreated);
    }
  });

  it.runIf(testProviders.length > 1)('keeps a fused operator that is wrong from being used', async () => {
    const isRight = await fusedAttentionIsRight('webgpu', need.headDim, false);
    expect(await attentionFor('webgpu', need)).toEqual(
      isRight ? { kind: 'fused' } : { kind: 'primitive', chunks: 10 },
    );
  });

  it('takes the primitive form where a provider cannot be used at all', async () => {
    const missing = process.platform === 'darwin' ? 'dml' : 'coreml';
    expect(await attentionFor(missing, need)).toEqual({ kind: 'primitive', chunks: 10 });
  });

  it('groups heads so that their scores stay within 256 MB', () => {
    expect(headChunks({ heads: 32, tokens: 512 })).toBe(1);
    expect(headChunks({ heads: 30, tokens: 4608 })).toBe(10);
    // Beyond the bound one head at a time is all that can be done.
    expect(headChunks({ heads: 7, tokens: 20_000 })).toBe(7);
  });
});
