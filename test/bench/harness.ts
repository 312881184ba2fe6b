import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One figure worth watching. Ratios are measured side by side in one process, so they travel between machines. */
export interface Benchmark {
  /** `area.name`; `--only` takes an id or the start of one. */
  readonly id: string;
  readonly unit: string;
  readonly target: number;
  readonly better: 'lower' | 'higher';
  /** What the value is measured against. */
  readonly reference: string;
  readonly measure: () => Promise<number>;
}

export interface Measurement {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly target: number;
  readonly met: boolean;
  readonly reference: string;
}

export async function measureAll(
  benchmarks: readonly Benchmark[],
  onDone: (measurement: Measurement) => void,
): Promise<Measurement[]> {
  const results: Measurement[] = [];
  for (const { id, unit, target, better, reference, measure } of benchmarks) {
    const value = await measure();
    const met = better === 'lower' ? value <= target : value >= target;
    const measurement = { id, value, unit, target, met, reference };
    results.push(measurement);
    onDone(measurement);
  }
  return results;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** Milliseconds of each of several ways to do a thing, measured in turns so that drift hits all alike; medians. */
export async function interleave(
  rounds: number,
  ways: readonly (() => Promise<unknown>)[],
): Promise<number[]> {
  const times: number[][] = ways.map(() => []);
  for (const way of ways) await way();
  for (let round = 0; round < rounds; round++)
    for (const [i, way] of ways.entries()) {
      const startedAt = performance.now();
      await way();
      times[i]?.push(performance.now() - startedAt);
    }
  return times.map(median);
}

/**
 * How much longer one way takes than the other: the median over rounds in which one follows the other at
 * once, so that whatever else the machine does hits both alike.
 */
export async function pairedRatio(
  rounds: number,
  way: () => Promise<unknown>,
  reference: () => Promise<unknown>,
): Promise<number> {
  const time = async (work: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  };
  await way();
  await reference();
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // By turns, so that neither always comes second.
    const first = round % 2 === 0;
    const before = first ? await time(way) : await time(reference);
    const after = first ? await time(reference) : await time(way);
    ratios.push(first ? before / after : after / before);
  }
  return median(ratios);
}

/** A folder that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'kronode-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
