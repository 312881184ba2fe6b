import { execFile } from 'node:child_process';
import { cp, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extractAll, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { describe, expect, onTestFinished, test } from 'vitest';
import electronPackage from '../../node_modules/electron/package.json' with { type: 'json' };
import { hasBrowser, launchBrowser } from '../support/browser.ts';
import { buildPrograms } from '../support/build-programs.ts';
import { startReady } from '../support/desktop-scenarios.ts';
import { DoubleApp } from '../support/electron-double/double-app.ts';
import { type PackedPlatform, writeStandInElectron } from '../support/stand-in-electron.ts';
import { tempFolder } from '../support/temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

const RESOURCES = {
  linux: 'linux-unpacked/resources',
  win: 'win-unpacked/resources',
  mac: 'mac-arm64/Kronode.app/Contents/Resources',
} as const;

/** Packs what `npm run build` left in `dist`, around a stand-in for Electron. */
async function pack(platform: PackedPlatform, arch: 'x64' | 'arm64') {
  const folder = await tempFolder();
  const electron = join(folder, 'electron');
  await writeStandInElectron(electron, platform, electronPackage.version);
  const output = join(folder, 'packages');
  const overrides = [
    `electronDist=${electron}`,
    `directories.output=${output}`,
    // The stand-in has no resources of a Windows program, and is not signed on a Mac.
    ...(platform === 'linux' ? [] : ['disableAsarIntegrity=true', 'win.signAndEditExecutable=false']),
    ...(platform === 'mac' ? ['mac.identity=null'] : []),
  ];
  const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
  const options = [`--${platform}`, 'dir', `--${arch}`, ...overrides.map((override) => `-c.${override}`)];
  await run(process.execPath, [builder, ...options], {
    cwd: root,
    // Nothing may be fetched: what is missing must fail here.
    env: { ...process.env, HTTPS_PROXY: 'http://127.0.0.1:9', CI: '' },
  });
  const resources = join(output, RESOURCES[platform]);
  const archive = listPackage(join(resources, 'app.asar'), { isPack: false });
  const files = (await readdir(resources, { recursive: true })).map((path) => path.replaceAll('\\', '/'));
  return { output, resources, archive: archive.map((path) => path.replaceAll('\\', '/')), files };
}

const binariesIn = (paths: readonly string[]) =>
  paths
    .filter((path) => /\.(node|dll|dylib|so)(\.[\d.]+)?$/.test(path))
    .map((path) => path.split('/').at(-1));

async function bytesBelow(folder: string): Promise<number> {
  const paths = await readdir(folder, { recursive: true });
  const infos = await Promise.all(paths.map((path) => stat(join(folder, path))));
  return infos.reduce((sum, info) => sum + (info.isFile() ? info.size : 0), 0);
}

describe('the packed desktop app', { timeout: 300_000 }, () => {
  test('for Linux holds what it runs, one system’s binaries, and nothing else; its fuses are set', async () => {
    const { output, resources, archive, files } = await pack('linux', 'x64');

    expect(archive).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/dist/main.js',
        '/dist/preload.cjs',
        '/dist/engine.js',
        '/dist/renderer/index.html',
        '/dist/renderer/icon.png',
      ]),
    );
    const own = archive.filter((path) => !path.startsWith('/node_modules'));
    expect(own.filter((path) => !path.startsWith('/dist'))).toEqual(['/package.json']);
    expect(own.filter((path) => /bench|kronode\.js|start\.js/.test(path))).toEqual([]);
    expect(archive.filter((path) => /\.(ts|tsx|map)$|\/tests?\//.test(path))).toEqual([]);
    const packages = new Set(archive.map((path) => /^\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]));
    for (const development of ['electron', 'electron-builder', 'react', 'vite', 'vitest', 'typescript'])
      expect(packages.has(development), development).toBe(false);

    // The model and the templates lie beside the archive, where the runtime can open them.
    for (const path of [
      'nodes/models/nano/model_index.json',
      'nodes/models/nano/transformer/diffusion_pytorch_model.safetensors',
      'workflows/text-to-image.kronode.json',
    ])
      expect(files).toContain(path);
    const unpacked = files.filter((path) => path.startsWith('app.asar.unpacked/'));
    expect(binariesIn(unpacked).sort()).toEqual([
      expect.stringMatching(/^libonnxruntime\.so/),
      expect.stringMatching(/^libvips-cpp\.so/),
      'onnxruntime_binding.node',
      expect.stringMatching(/^sharp-linux-x64.*\.node$/),
    ]);
    expect(unpacked.filter((path) => /darwin|win32|arm64|musl/.test(path))).toEqual([]);
    expect((await stat(join(resources, 'app.asar'))).size).toBeLessThan(20 * 2 ** 20);
    expect(await bytesBelow(resources)).toBeLessThan(130 * 2 ** 20);

    const fuses = await getCurrentFuseWire(join(output, 'linux-unpacked', 'kronode'));
    const { ENABLE, DISABLE } = FuseState;
    expect(fuses).toMatchObject({
      [FuseV1Options.RunAsNode]: DISABLE,
      [FuseV1Options.EnableCookieEncryption]: ENABLE,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: DISABLE,
      [FuseV1Options.EnableNodeCliInspectArguments]: DISABLE,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: ENABLE,
      [FuseV1Options.OnlyLoadAppFromAsar]: ENABLE,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: DISABLE,
    });

    if (hasBrowser) await expectToRun(resources);
  });

  test('for Windows and macOS holds their binaries of the runtime only', async () => {
    const windows = await pack('win', 'x64');
    const inWindows = windows.files.filter((path) => path.includes('/onnxruntime-node/bin/'));
    expect(binariesIn(inWindows).sort()).toEqual([
      'DirectML.dll',
      'dxcompiler.dll',
      'dxil.dll',
      'onnxruntime.dll',
      'onnxruntime_binding.node',
    ]);
    expect(windows.files.filter((path) => /linux|darwin/.test(path))).toEqual([]);
    const mac = await pack('mac', 'arm64');
    const inMac = mac.files.filter((path) => path.includes('/onnxruntime-node/bin/'));
    expect(binariesIn(inMac).sort()).toEqual(['libonnxruntime.1.dylib', 'onnxruntime_binding.node']);
    expect(mac.files.filter((path) => /linux|win32/.test(path))).toEqual([]);
    const { version, name } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string;
      name: string;
    };
    const information = await readFile(join(mac.resources, '..', 'Info.plist'), 'utf8');
    expect(information).toContain('<string>kronode</string>');
    expect(information).toContain(`<string>${version}</string>`);
    expect(name).toBe('kronode');
  });
});

/** Starts the app from its packed files alone, on the double of Electron, and makes a picture. */
async function expectToRun(resources: string): Promise<void> {
  const folder = await tempFolder();
  const app = join(folder, 'app');
  extractAll(join(resources, 'app.asar'), app);
  for (const data of ['nodes', 'workflows'])
    await cp(join(resources, data), join(folder, data), { recursive: true });
  const programs = await buildPrograms({
    electron: 'test/support/electron-double/electron.ts',
    hooks: 'test/support/electron-double/hooks-program.ts',
    'utility-shim': 'test/support/electron-double/utility-shim-program.ts',
  });
  onTestFinished(() => programs.remove());
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const { page } = await startReady(
    async (options) =>
      new DoubleApp(
        browser,
        {
          appPath: app,
          main: join(app, 'dist', 'main.js'),
          hooks: programs.pathOf('hooks'),
          utilityShim: programs.pathOf('utility-shim'),
        },
        options,
      ),
  );
  await page.keyboard.press('Control+Enter');
  await page.locator('.node-preview img').first().waitFor();
}
