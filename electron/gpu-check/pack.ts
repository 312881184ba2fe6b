import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, copyFile, cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { goldenFiles } from '../../nodes/inference/gpu-check/golden-files.ts';
import { packageRoot } from '../package-root.ts';

/** What may be carried: a file attachment, a slow line. */
const MOST_BYTES = 64 * 2 ** 20;

const README = `Kronode GPU check

Runs without network and without anything installed but the graphics driver:

  ./gpu-check            (Windows: gpu-check.cmd)
  ./gpu-check --help

It prints one table. Please send it back together with the name of the graphics card.
`;

/** Puts the program, Node and the runtime of this platform into one folder and a .tar.gz beside it. */
async function pack(target: string): Promise<void> {
  const { platform, arch, execPath } = process;
  const isWindows = platform === 'win32';
  const folder = join(target, `kronode-gpu-check-${platform}-${arch}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });

  const own = dirname(fileURLToPath(import.meta.url));
  const runtime = packageFolder(import.meta.url, 'onnxruntime-node');
  const common = packageFolder(join(runtime, 'package.json'), 'onnxruntime-common');
  const binaries = join('bin', 'napi-v6', platform, arch);
  const modules = join(folder, 'node_modules');
  const parts = [
    [runtime, 'onnxruntime-node', ['package.json', 'dist', binaries]],
    [common, 'onnxruntime-common', ['package.json', join('dist', 'cjs')]],
  ] as const;
  for (const [from, name, paths] of parts)
    for (const path of paths)
      await cp(join(from, path), join(modules, name, path), {
        recursive: true,
        filter: (source) => !/\.(map|d\.ts)$/.test(source),
      });
  for (const [name, files] of Object.entries(goldenFiles)) {
    await mkdir(join(folder, 'golden', name), { recursive: true });
    for (const file of files)
      await copyFile(
        join(packageRoot(), 'test', 'fixtures', 'golden', name, file),
        join(folder, 'golden', name, file),
      );
  }
  const node = isWindows ? 'node.exe' : 'node';
  await copyFile(execPath, join(folder, node));
  await copyFile(join(own, 'gpu-check.js'), join(folder, 'gpu-check.mjs'));
  await cp(join(own, 'chunks'), join(folder, 'chunks'), { recursive: true });
  await writeFile(join(folder, 'README.txt'), README);
  const start = join(folder, isWindows ? 'gpu-check.cmd' : 'gpu-check');
  await writeFile(
    start,
    isWindows
      ? '@"%~dp0node.exe" "%~dp0gpu-check.mjs" %*\r\n'
      : `#!/bin/sh\nhere=\${0%/*}\nexec "$here/node" "$here/gpu-check.mjs" "$@"\n`,
  );
  if (!isWindows) for (const file of [start, join(folder, node)]) await chmod(file, 0o755);

  const archive = `${folder}.tar.gz`;
  const tar = spawn('tar', ['-cf', '-', '-C', target, basename(folder)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(tar, 'close');
  await pipeline(tar.stdout, createGzip({ level: 9 }), createWriteStream(archive));
  const [code] = await closed;
  if (code !== 0) throw new Error(`tar ended with ${code}.`);
  const { size } = await stat(archive);
  const mebibytes = (size / 2 ** 20).toFixed(1);
  if (size > MOST_BYTES)
    throw new Error(`${archive} has ${mebibytes} MiB, more than the ${MOST_BYTES / 2 ** 20} allowed.`);
  process.stdout.write(`${archive} (${mebibytes} MiB)\n`);
}

const packageFolder = (from: string, name: string): string => {
  const entry = createRequire(from).resolve(name);
  const marker = join('node_modules', name);
  return entry.slice(0, entry.lastIndexOf(marker) + marker.length);
};

await pack(resolve(process.argv[2] ?? 'out'));
