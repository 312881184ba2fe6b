import { posix, win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Initializer } from '../../../../nodes/inference/onnx/types.ts';
import { type Provider, sessionOptions } from '../../../../nodes/inference/ort/session-options.ts';
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

  it.each<Provider>(['cpu', 'webgpu', 'cuda', 'dml', 'coreml'])(
    'let weights be anywhere and never spin on %s',
    (provider) => {
      const { executionProviders } = sessionOptions({ provider, weights: 'packed' }, '/');
      expect(JSON.stringify(executionProviders)).toContain(provider);
      expect(extraOf(provider, 'packed')).toEqual({
        'session.model_external_initializers_file_folder_path': '/',
        'session.force_spinning_stop': '1',
      });
    },
  );

  it('leave mapped weights in their file', () => {
    const options = sessionOptions({ provider: 'cpu', weights: 'mapped' }, '/');
    expect(options).toMatchObject({
      graphOptimizationLevel: 'basic',
      enableCpuMemArena: false,
      enableMemPattern: false,
    });
    expect(extraOf('cpu', 'mapped')).toMatchObject({
      'session.disable_prepacking': '1',
      'optimization.disable_specified_optimizers': 'ConstantFolding',
    });
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
