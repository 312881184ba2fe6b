import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { chooseProvider } from '../../../../nodes/inference/ort/providers.ts';
import '../../../support/webgpu.ts';

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
});
