import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../nodes/core/errors.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { readSafetensors, readTensor } from '../../nodes/inference/checkpoints/safetensors.ts';
import type { WeightSource } from '../../nodes/inference/checkpoints/weights.ts';
import { type ConversionTarget, planConversion } from '../../nodes/inference/precision/conversion.ts';
import { blockFormats } from '../../nodes/inference/precision/formats.ts';
import { WeightCache } from '../../nodes/inference/precision/weight-cache.ts';
import { buildPrograms } from '../support/build-programs.ts';
import { dequantised } from '../support/dequantised.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { fullWidth, writeSyntheticTransformer } from '../support/synthetic-model.ts';
import { tempFolder } from '../support/temp-folder.ts';

const KILLS = 20;
const int8: ConversionTarget = { kind: 'blocks', format: blockFormats.int8, scales: 'F32' };
const int4: ConversionTarget = { kind: 'blocks', format: blockFormats.int4, scales: 'F32' };
/** A quarter of the real width: long enough to be hit anywhere, short enough to be killed twenty times. */
const config = { ...fullWidth(2, 0), dim: 1920, heads: 15, feedForwardWidth: 5120 };

let programs: Awaited<ReturnType<typeof buildPrograms<'convert'>>>;
beforeAll(async () => {
  programs = await buildPrograms({ convert: 'test/support/convert-program.ts' });
});
afterAll(() => programs.remove());

const hashOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
const finishedIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.safetensors'));

/** Starts a conversion and kills it after `units` weights and a moment; whether it had finished, and where it began. */
async function convertAndKill(file: string, cache: string, units: number) {
  const program = spawn(process.execPath, [programs.pathOf('convert'), file, cache], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(program, 'close');
  let first = -1;
  let finished = false;
  for await (const line of createInterface({ input: program.stdout })) {
    finished ||= line === 'finished';
    if (finished) continue;
    if (first < 0) first = Number(line);
    // The next weight takes tens of milliseconds: any moment of it may be hit.
    if (Number(line) >= units) setTimeout(() => program.kill('SIGKILL'), Math.random() * 80);
  }
  await closed;
  return { finished, first };
}

test('a conversion that is killed goes on where it was, and no half file is ever used', {
  timeout: 180_000,
}, async () => {
  const folder = await tempFolder();
  const file = await writeSyntheticTransformer(folder, config);
  const { weights } = await openPart(file, 'transformer');
  const conversion = planConversion('transformer', weights, 'source', int8);
  const reference = join(folder, 'reference');
  await new WeightCache(reference).prepare(conversion);
  const name = `${conversion.key}.safetensors`;
  const expected = await hashOf(join(reference, name));

  const cache = join(folder, 'cache');
  let kills = 0;
  let resumed = 0;
  for (let round = 0; kills < KILLS; round++) {
    const folderOfRound = join(cache, String(Math.floor(round / 5)));
    const { finished, first } = await convertAndKill(file, folderOfRound, round % 13);
    if (!finished) kills++;
    if (first > 0) resumed++;
    for (const found of await finishedIn(folderOfRound))
      expect(await hashOf(join(folderOfRound, found))).toBe(expected);
  }
  expect(resumed).toBeGreaterThan(0);
  for (const round of await readdir(cache)) {
    await new WeightCache(join(cache, round)).prepare(conversion);
    expect(await hashOf(join(cache, round, name))).toBe(expected);
    expect((await readdir(join(cache, round))).filter((entry) => !entry.endsWith('.safetensors'))).toEqual(
      [],
    );
  }
});

describe('converted weights', () => {
  const open = async () => (await openPart(goldenPath('zimage-transformer-tiny'), 'transformer')).weights;

  test('are within half a step of the originals, and the rest stays in its file', async () => {
    const weights = await open();
    const cache = new WeightCache(await tempFolder());
    for (const target of [int4, int8]) {
      const prepared = await cache.prepare(planConversion('transformer', weights, 'tiny', target));
      let quantised = 0;
      for (const [name, source] of weights) {
        const found = prepared.get(name)!;
        if (!('codes' in found)) {
          expect(found).toBe(source);
          continue;
        }
        quantised++;
        const original = await readTensor(source);
        const { values, steps } = await dequantised(found);
        const beyond = original.filter(
          (value, i) => Math.abs(value - values[i]!) > steps[i]! * 0.5001 + 1e-7,
        );
        expect(beyond).toHaveLength(0);
      }
      // 341 inputs of the last feed-forward layer make no whole blocks.
      expect(quantised).toBe(7 * 6);
      expect(prepared.size).toBe(weights.size);
    }
  });

  test('in f16 are rounded, and refused where they do not fit', async () => {
    const weights = await open();
    const cache = new WeightCache(await tempFolder());
    const prepared = await cache.prepare(planConversion('transformer', weights, 'tiny', { kind: 'half' }));
    const name = 'layers.0.feed_forward.w2.weight';
    const [original, half] = [
      await readTensor(weights.get(name)!),
      await readTensor(prepared.get(name) as WeightSource),
    ];
    const beyond = original.filter(
      (value, i) => Math.abs(value - half[i]!) > Math.abs(value) * 2 ** -11 + 2 ** -25,
    );
    expect(beyond).toHaveLength(0);
    const wide = join(await tempFolder(), 'wide.bin');
    await writeFile(wide, new Uint8Array(Float32Array.of(1, 70_000).buffer));
    const large: WeightSource = { dtype: 'F32', shape: [2], file: wide, offset: 0, byteLength: 8 };
    const conversion = planConversion('transformer', new Map([['x', large]]), 'wide', { kind: 'half' });
    await expect(cache.prepare(conversion)).rejects.toThrow(/“x”.*half precision/);
  });

  test('are made again when their file is damaged, and never when they are there', async () => {
    const conversion = planConversion('transformer', await open(), 'tiny', int8);
    const folder = await tempFolder();
    const cache = new WeightCache(folder);
    await cache.prepare(conversion);
    const path = join(folder, `${conversion.key}.safetensors`);
    const good = await hashOf(path);
    await utimes(path, 1, 1);
    await cache.prepare(conversion);
    expect((await readSafetensors(path)).tensors.size).toBe(conversion.units.length * 3);
    await truncate(path, conversion.fileBytes - 100);
    expect(await cache.has(conversion)).toBe(false);
    await cache.prepare(conversion);
    expect(await hashOf(path)).toBe(good);
    await appendFile(path, 'x');
    expect(await cache.has(conversion)).toBe(false);
  });

  test('other content, settings or code get another key', async () => {
    const weights = await open();
    const keys = [
      planConversion('transformer', weights, 'a', int8),
      planConversion('transformer', weights, 'b', int8),
      planConversion('transformer', weights, 'a', int4),
      planConversion('transformer', weights, 'a', { ...int8, scales: 'F16' } as ConversionTarget),
      planConversion('transformer', weights, 'a', { kind: 'half' }),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(planConversion('transformer', weights, 'a', int8).key).toBe(keys[0]);
  });

  test('a cancel is answered at once, and the next try goes on from there', async () => {
    const conversion = planConversion('transformer', await open(), 'tiny', int8);
    const folder = await tempFolder();
    const cache = new WeightCache(folder);
    const stop = new AbortController();
    const seen: number[] = [];
    await expect(
      cache.prepare(conversion, {
        signal: stop.signal,
        onProgress: (done) => {
          seen.push(done);
          if (done === 5) stop.abort(new Error('stopped'));
        },
      }),
    ).rejects.toThrow('stopped');
    expect(seen.at(-1)).toBe(5);
    expect(await finishedIn(folder)).toEqual([]);
    expect(await cache.state()).toMatchObject({ files: 1, isConverting: false });
    const again: number[] = [];
    await cache.prepare(conversion, { onProgress: (done) => again.push(done) });
    expect(again[0]).toBe(5);
    expect(again.at(-1)).toBe(conversion.units.length);
  });

  test('two that ask at once share one conversion, also when the first gives up', async () => {
    const conversion = planConversion('transformer', await open(), 'tiny', int8);
    const cache = new WeightCache(await tempFolder());
    const stop = new AbortController();
    const first = cache.prepare(conversion, {
      signal: stop.signal,
      onProgress: (done) => done === 2 && stop.abort(),
    });
    const second = cache.prepare(conversion);
    await expect(first).rejects.toThrow();
    expect((await second).size).toBeGreaterThan(0);
  });

  test('take up what the cache says they do, and can be cleared', async () => {
    const folder = await tempFolder();
    const cache = new WeightCache(folder);
    const conversion = planConversion('transformer', await open(), 'tiny', int8);
    expect(await cache.state()).toEqual({ files: 0, bytes: 0, isConverting: false });
    await cache.prepare(conversion);
    expect(await cache.state()).toEqual({ files: 1, bytes: conversion.fileBytes, isConverting: false });
    await writeFile(join(folder, 'notes.txt'), 'mine');
    // What a dead process left, and what a living one writes.
    await mkdir(join(folder, `${conversion.key}.999999999.unfinished`));
    await mkdir(join(folder, `${'0'.repeat(32)}.${process.ppid}.unfinished`));
    expect((await cache.state()).isConverting).toBe(true);
    await cache.clear();
    expect((await readdir(folder)).sort()).toEqual([
      `${'0'.repeat(32)}.${process.ppid}.unfinished`,
      'notes.txt',
    ]);
  });

  test('are not begun where the disk has no room for them', async () => {
    const folder = await tempFolder();
    const conversion = planConversion('transformer', await open(), 'tiny', int8);
    await expect(new WeightCache(folder).prepare({ ...conversion, fileBytes: 1e15 })).rejects.toThrow(
      /^Converting the weights needs 1000\.0 TB in .*, where .* are free\.$/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('a source that changes meanwhile is noticed', async () => {
    const folder = await tempFolder();
    const file = await writeSyntheticTransformer(folder, {
      ...config,
      dim: 256,
      heads: 2,
      feedForwardWidth: 512,
    });
    const { weights } = await openPart(file, 'transformer');
    const cache = new WeightCache(join(folder, 'cache'));
    const conversion = planConversion('transformer', weights, 'x', int8);
    const converting = cache.prepare(conversion, {
      onProgress: (done) => {
        if (done === 3) void utimes(file, 5, 5);
      },
    });
    await expect(converting).rejects.toThrow(UserError);
    expect(await finishedIn(join(folder, 'cache'))).toEqual([]);
  });
});
