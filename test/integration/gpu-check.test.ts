import { execFile } from 'node:child_process';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../electron/package-root.ts';
import { testProviders } from '../support/webgpu.ts';

const run = promisify(execFile);
const built = join(packageRoot(), 'node_modules', `.kronode-gpu-check-${process.pid}`);
let folder: string;
let archive: string;

beforeAll(async () => {
  await build({
    root: packageRoot(),
    configFile: join(packageRoot(), 'electron', 'gpu-check', 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: built, emptyOutDir: true },
  });
  const packed = join(built, 'packed');
  await run(process.execPath, [join(built, 'pack.js'), packed]);
  const names = await readdir(packed);
  folder = join(packed, names.find((name) => !name.endsWith('.gz'))!);
  archive = join(packed, names.find((name) => name.endsWith('.tar.gz'))!);
}, 240_000);
afterAll(() => rm(built, { recursive: true, force: true }));

describe('the packed GPU check', () => {
  test('is small enough to be carried', async () => {
    expect((await stat(archive)).size).toBeLessThan(64 * 2 ** 20);
  });

  test.each(testProviders)('runs from its folder alone on %s', { timeout: 420_000 }, async (provider) => {
    const start = join(folder, process.platform === 'win32' ? 'gpu-check.cmd' : 'gpu-check');
    // Nothing of this installation is within reach: no PATH, another folder.
    const { VK_ICD_FILENAMES, VK_DRIVER_FILES, XDG_RUNTIME_DIR } = process.env;
    const { stdout } = await run(start, ['--tiny', '--provider', provider, '--sizes', '64', '--json'], {
      cwd: '/',
      env: { VK_ICD_FILENAMES, VK_DRIVER_FILES, XDG_RUNTIME_DIR },
    });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      provider: { name: provider },
      compute: 'float32',
      layers: 2,
      allLayers: 2,
      selfTest: { verdict: 'right' },
      golden: Array(3).fill({ compute: 'float32', tolerance: 1e-4, verdict: 'equal' }),
      sizes: [{ side: 64 }],
    });
    const [{ seconds, flops, lokrOverhead }] = report.sizes;
    for (const value of [seconds, flops, report.matmulRate, report.peakBytes])
      expect(value).toBeGreaterThan(0);
    expect(Number.isFinite(lokrOverhead)).toBe(true);
  });

  test('refuses to compute in what the device does not have', { timeout: 120_000 }, async () => {
    const start = join(folder, process.platform === 'win32' ? 'gpu-check.cmd' : 'gpu-check');
    const refused = run(start, ['--tiny', '--provider', 'cpu', '--compute', 'bfloat16'], {
      cwd: '/',
      env: {},
    });
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cpu does not compute in bfloat16 here. Choose float32.'),
    });
  });

  test('prints one table, and says so where no GPU was measured', { timeout: 120_000 }, async () => {
    const { stdout } = await run(
      join(folder, 'gpu-check'),
      ['--tiny', '--provider', 'cpu', '--sizes', '128,192'],
      {
        cwd: '/',
        env: {},
      },
    );
    expect(stdout).toMatch(/^No GPU was measured: these are figures of the CPU\./);
    expect(stdout.match(/^\| \d+² \|/gm)).toHaveLength(2);
    expect(
      stdout.match(/^\| (transformer|text encoder|VAE)[^|]* \| float32 \| \d\.\de-\d \| 1e-4 \| equal \|$/gm),
    ).toHaveLength(3);
  });

  test('refuses options that make no sense', async () => {
    for (const args of [['--sizes', '100'], ['--layers', '0'], ['--provider', 'abacus'], ['--nonsense']])
      await expect(run(join(folder, 'gpu-check'), args, { env: {} })).rejects.toMatchObject({
        code: expect.any(Number),
      });
  });
});
