import { posix, win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Initializer } from '../../../../nodes/inference/onnx/types.ts';
import {
  type Provider,
  sessionOptions,
  type WeightPolicy,
} from '../../../../nodes/inference/ort/session-options.ts';
import { weightRoot } from '../../../../nodes/inference/ort/weight-root.ts';

const extraOf = (provider: Provider, weights: 'packed' | 'mapped', forbidCpuFallback = false) =>
  sessionOptions({ provider, weights, forbidCpuFallback }, '/').extra as Record<string, string>;

describe('session options', () => {
  it.each<[Provider, unknown, boolean]>([
    ['cpu', ['cpu'], true],
    ['webgpu', [{ name: 'webgpu', preferredLayout: 'NCHW' }], true],
    ['cuda', ['cuda'], true],
    ['tensorrt', ['tensorrt', 'cuda'], true],
    ['dml', ['dml'], false],
    ['coreml', ['coreml'], true],
  ])('offer nodes to %s in turn', (provider, executionProviders, enableMemPattern) => {
    expect(sessionOptions({ provider, weights: 'packed' }, '/')).toMatchObject({
      executionProviders,
      enableMemPattern,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
    });
  });

  const providers = ['cpu', 'webgpu', 'cuda', 'tensorrt', 'dml', 'coreml'] as const;
  const noFolding = { 'optimization.disable_specified_optimizers': 'ConstantFolding' };
  const policies = {
    packed: { arena: true, level: 'all', extra: {} },
    // The runtime must neither widen these weights when the session is made, nor lay them out anew.
    quantised: { arena: false, level: 'basic', extra: noFolding },
    mapped: { arena: false, level: 'basic', extra: { ...noFolding, 'session.disable_prepacking': '1' } },
  } as const satisfies Record<WeightPolicy, unknown>;
  const combinations = providers.flatMap((provider) =>
    (['packed', 'quantised', 'mapped'] as const).map((weights) => [provider, weights] as const),
  );

  it.each(combinations)('on %s with %s weights are these and no others', (provider, weights) => {
    const { arena, level, extra } = policies[weights];
    const { executionProviders, ...rest } = sessionOptions({ provider, weights }, 'D:\\');
    expect(JSON.stringify(executionProviders)).toContain(provider);
    expect(rest).toEqual({
      enableCpuMemArena: arena,
      // DirectML refuses them.
      enableMemPattern: arena && provider !== 'dml',
      executionMode: 'sequential',
      logSeverityLevel: 4,
      graphOptimizationLevel: level,
      extra: {
        'session.model_external_initializers_file_folder_path': 'D:\\',
        'session.force_spinning_stop': '1',
        ...extra,
      },
    });
  });

  it('put activations into one block only where they may', () => {
    const on = (memoryPattern: boolean) =>
      sessionOptions({ provider: 'cpu', weights: 'packed', memoryPattern }, '/').enableMemPattern;
    expect([on(true), on(false)]).toEqual([true, false]);
  });

  it('forbid the CPU only when asked to', () => {
    expect(extraOf('webgpu', 'packed', true)['session.disable_cpu_ep_fallback']).toBe('1');
    expect(extraOf('webgpu', 'packed')).not.toHaveProperty(['session.disable_cpu_ep_fallback']);
  });

  it('carry values the runtime takes: text only', () => {
    for (const value of Object.values(extraOf('webgpu', 'mapped', true))) expect(value).toBeTypeOf('string');
  });
});

describe('root of the weights', () => {
  const inFile = (file: string): Initializer => ({
    name: file,
    dtype: 'float32',
    shape: [1],
    data: { kind: 'file', file, offset: 0, length: 4 },
  });
  const inline: Initializer = {
    name: 'one',
    dtype: 'float32',
    shape: [1],
    data: { kind: 'inline', bytes: new Uint8Array(4) },
  };

  it('is the drive they lie on', () => {
    expect(weightRoot([inline, inFile('/a/b.safetensors'), inFile('/c.safetensors')], posix)).toBe('/');
    expect(weightRoot([inFile('D:\\a\\b.safetensors'), inFile('d:\\c.safetensors')], win32)).toBe('D:\\');
  });

  it('cannot be two drives', () => {
    const files = [inFile('C:\\model.safetensors'), inFile('D:\\adapter.safetensors')];
    expect(() => weightRoot(files, win32)).toThrow('C:\\model.safetensors and D:\\adapter.safetensors');
  });
});
