import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { electronBinary } from '../../electron/electron-binary.ts';
import { buildPrograms } from '../support/build-programs.ts';
import { tempFolder } from '../support/temp-folder.ts';

let programs: Awaited<ReturnType<typeof buildPrograms<'start' | 'engine'>>>;
beforeAll(async () => {
  programs = await buildPrograms({
    start: 'electron/start.ts',
    engine: 'test/support/fake-engine-program.ts',
  });
  // What makes the folder look like a built installation.
  for (const folder of ['nodes/models', 'workflows', 'dist/renderer'])
    await mkdir(join(programs.folder, folder), { recursive: true });
  await writeFile(join(programs.folder, 'dist', 'renderer', 'index.html'), '<!doctype html>');
});
afterAll(() => programs.remove());

/** An Electron that writes down how it was started. */
async function fakeElectron(exitCode = 0): Promise<string> {
  const folder = await tempFolder();
  const binary = join(folder, 'electron');
  await writeFile(binary, `#!/bin/sh\nprintf '%s\\n' "started" "$@"\nexit ${exitCode}\n`);
  await chmod(binary, 0o755);
  return folder;
}

/** Runs `npm start`'s program until it ends, or until it serves. */
async function start(args: readonly string[], env: Record<string, string>) {
  const home = await tempFolder();
  const child = spawn(process.execPath, [programs.pathOf('start'), ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: home,
      XDG_DATA_HOME: home,
      XDG_CACHE_HOME: home,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (text.includes('Kronode is ready')) child.kill('SIGTERM');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, lines: stdout.trim().split('\n'), stderr };
}

describe.skipIf(process.platform === 'win32')('npm start', () => {
  test('opens the desktop app where Electron is there, with the files that are named', async () => {
    const ELECTRON_OVERRIDE_DIST_PATH = await fakeElectron();
    const { code, lines } = await start(['a.kronode.json'], { ELECTRON_OVERRIDE_DIST_PATH, DISPLAY: ':0' });
    expect(lines).toEqual(['started', programs.folder, 'a.kronode.json']);
    expect(code).toBe(0);
  });

  test('says how to go on when the desktop app fails', async () => {
    const ELECTRON_OVERRIDE_DIST_PATH = await fakeElectron(133);
    const { code, stderr } = await start([], { ELECTRON_OVERRIDE_DIST_PATH, DISPLAY: ':0' });
    expect(stderr).toContain('The desktop app ended with 133.');
    expect(stderr).toContain('kronode.js serve');
    expect(code).toBe(133);
  });

  test('without Electron it says why in one line, then serves', async () => {
    const { code, lines, stderr } = await start([], { ELECTRON_OVERRIDE_DIST_PATH: '/nowhere', DISPLAY: '' });
    expect(lines).toEqual([
      expect.stringMatching(/^Electron is not downloaded.*node node_modules\/electron\/install\.js$/),
      expect.stringMatching(/^Kronode is ready: http:\/\/127\.0\.0\.1:\d+\/#token=/),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.runIf(process.platform === 'linux')('without a display it serves, and says so', async () => {
    const ELECTRON_OVERRIDE_DIST_PATH = await fakeElectron();
    const { lines } = await start([], { ELECTRON_OVERRIDE_DIST_PATH });
    expect(lines[0]).toContain('There is no display');
    expect(lines[1]).toContain('Kronode is ready');
  });

  test('options are those of serve', async () => {
    const ELECTRON_OVERRIDE_DIST_PATH = await fakeElectron();
    const env = { ELECTRON_OVERRIDE_DIST_PATH, DISPLAY: ':0' };
    const { lines } = await start(['--no-open', '--port', '0'], env);
    expect(lines).toEqual([expect.stringContaining('Kronode is ready')]);
    expect(await start(['--nonsense'], env)).toMatchObject({ code: 2 });
  });

  test('looks for the binary where Electron’s own package would', async () => {
    const folder = await fakeElectron();
    expect(electronBinary({ ELECTRON_OVERRIDE_DIST_PATH: folder })).toBe(join(folder, 'electron'));
    expect(electronBinary({ ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'none') })).toBeUndefined();
  });
});
