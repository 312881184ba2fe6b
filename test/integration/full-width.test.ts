import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPrograms } from '../support/build-programs.ts';
import type { StageRequest } from '../support/full-stage.ts';
import { fullWidth, writeSyntheticTransformer } from '../support/synthetic-model.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { type WatchedStage, watchStage } from '../support/watch-stage.ts';

/** The bf16 file, its int4 form, and as much to spare. */
const DISK_BYTES = 4e9;
const LONGEST_SECONDS = 180;

let programs: Awaited<ReturnType<typeof buildPrograms<'stage'>>>;
beforeAll(async () => {
  programs = await buildPrograms({ stage: 'test/support/full-stage-program.ts' });
});
afterAll(() => programs.remove());

// What `npm run bench` measures on all 30 blocks, in small. Memory of a process is told by Linux alone.
test.runIf(process.platform === 'linux')(
  'four blocks of Z-Image-Turbo’s width open, become int4 and make a step, each in little memory',
  { timeout: (LONGEST_SECONDS + 60) * 1000 },
  async () => {
    const { bavail, bsize } = await statfs(tmpdir());
    if (bavail * bsize < DISK_BYTES) throw new Error(`This test needs 4 GB free in ${tmpdir()}.`);
    const startedAt = performance.now();
    const folder = await tempFolder();
    const file = await writeSyntheticTransformer(folder, fullWidth(4, 0));
    const watch = (stage: StageRequest['stage']): Promise<WatchedStage> =>
      watchStage(programs.pathOf('stage'), { stage, file, cache: join(folder, 'cache'), steps: 1 });

    const convert = await watch('convert');
    // One piece of a weight at a time, however many there are; the 3 GB of all 30 blocks are far away.
    expect(convert.peakBytes).toBeLessThan(0.3e9);

    const int4 = await watch('int4');
    expect(int4.weightBytes).toBe(convert.weightBytes);
    // Of four blocks a fixed part, what a step computes, is a quarter; of 30 it is 1.35 in all.
    expect(int4.addedBytes / int4.weightBytes).toBeLessThan(1.5);
    expect(int4.addedBytes).toBeGreaterThan(0);

    const bf16 = await watch('bf16');
    expect(bf16.addedBytes / bf16.weightBytes).toBeLessThan(0.15);
    expect(bf16.addedBytes).toBeGreaterThan(0);

    const seconds = (performance.now() - startedAt) / 1000;
    if (process.env.KRONODE_SHOW_ERRORS)
      process.stdout.write(`${JSON.stringify({ convert, int4, bf16, seconds }, null, 2)}\n`);
    expect(seconds).toBeLessThan(LONGEST_SECONDS);
  },
);
