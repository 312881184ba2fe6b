import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../electron/package-root.ts';
import { UserError } from '../../../../nodes/core/errors.ts';
import {
  choosePartProviders,
  chooseProvider,
  providerOrder,
} from '../../../../nodes/inference/ort/providers.ts';
import { Placement } from '../../../../nodes/inference/services/placement.ts';
import '../../../support/webgpu.ts';

describe('providers that are tried by themselves', () => {
  it.each([
    ['linux', 'x64', ['cuda', 'webgpu', 'cpu']],
    ['linux', 'arm64', ['cuda', 'webgpu', 'cpu']],
    ['win32', 'x64', ['cuda', 'webgpu', 'dml', 'cpu']],
    ['win32', 'arm64', ['webgpu', 'dml', 'cpu']],
    ['darwin', 'arm64', ['coreml', 'webgpu', 'cpu']],
    ['darwin', 'x64', ['coreml', 'webgpu', 'cpu']],
    ['freebsd', 'x64', ['cpu']],
  ] as const)('on %s %s', (platform, arch, expected) => {
    expect(providerOrder(platform, arch)).toEqual(expected);
  });
});

describe('providers of single parts', () => {
  it('stay with the rest unless they were given one', async () => {
    expect(await choosePartProviders()).toEqual({});
    expect(await choosePartProviders({ vae: 'cpu', transformer: 'auto' })).toEqual({ vae: 'cpu' });
  });

  it.runIf(process.platform === 'linux')(
    'are refused with the reason where they cannot be used',
    async () => {
      await expect(choosePartProviders({ vae: 'coreml' })).rejects.toThrow('coreml cannot be used here');
    },
  );

  it('place each part where it was told to run', () => {
    const placement = new Placement('webgpu', undefined, { vae: 'cpu' });
    expect(placement.providerOf('vae')).toBe('cpu');
    expect(placement.providerOf('transformer')).toBe('webgpu');
  });
});

describe('choice of a provider', () => {
  it('takes the CPU without trying anything when asked for', async () => {
    expect(await chooseProvider('cpu')).toEqual({ name: 'cpu', reason: 'chosen' });
  });

  it('finds one that works by itself, and says why', async () => {
    const { name, reason } = await chooseProvider('auto');
    expect(reason).toMatch(
      name === 'cpu'
        ? /^no GPU (could be used \(.*\)|provider is installed)$/s
        : /^the best that works here$/,
    );
  });

  // Each of these exists on one platform only, so at least one is refused everywhere.
  it.runIf(process.platform === 'linux').each(['coreml', 'dml'] as const)(
    'refuses %s with a remedy',
    async (name) => {
      const refused = chooseProvider(name);
      await expect(refused).rejects.toBeInstanceOf(UserError);
      await expect(refused).rejects.toMatchObject({
        message: expect.stringContaining(`${name} cannot be used here`),
        hint: 'Choose auto or cpu.',
      });
    },
  );

  const runtime = join(packageRoot(), 'node_modules', 'onnxruntime-node');
  const cuda = join(runtime, 'bin', 'napi-v6', 'linux', 'x64', 'libonnxruntime_providers_cuda.so');
  it.runIf(process.platform === 'linux' && process.arch === 'x64' && !existsSync(cuda))(
    'tells how to fetch what CUDA needs, with a command that is there',
    async () => {
      const refusal = await chooseProvider('cuda').catch((error: unknown) => error);
      const { hint = '' } = refusal as UserError;
      const [, script = ''] = /: node (\S+)$/.exec(hint) ?? [];
      expect(script).toContain('onnxruntime-node');
      expect(existsSync(join(packageRoot(), script))).toBe(true);
    },
  );
});
