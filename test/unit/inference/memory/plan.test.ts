import { describe, expect, test } from 'vitest';
import { type MemoryRequest, planMemory } from '../../../../nodes/inference/memory/plan.ts';

const GB = 1e9;
/** Z-Image-Turbo with Qwen3-4B and the Flux autoencoder, on a GPU in half precision. */
const half = { transformer: 12.3 * GB, textEncoder: 7.8 * GB, vae: 0.34 * GB };
const int8 = { transformer: 6.4 * GB, textEncoder: 4.2 * GB, vae: 0.34 * GB };
const int4 = { transformer: 3.7 * GB, textEncoder: 2.4 * GB, vae: 0.34 * GB };
const others = [
  { precision: 'int8', parts: int8 },
  { precision: 'int4', parts: int4 },
] as const;

const request = (budget: number, parts: MemoryRequest['parts'], side = 1024): MemoryRequest => ({
  budgetBytes: budget * GB,
  parts,
  picture: { width: side, height: side, batch: 1, captionTokens: 128 },
  transformer: { dim: 3840, feedForwardWidth: 10_240, computeBytes: 2, scoreBytes: 0 },
  others,
});

describe('what stays in memory', () => {
  test.each([
    ['24 GB, half precision', 22, half, 'without-text-encoder', true],
    ['48 GB, half precision', 44, half, 'all', true],
    ['16 GB, half precision', 14.4, half, 'without-text-encoder', true],
    ['8 GB, int4', 7.2, int4, 'without-text-encoder', true],
    ['12 GB, int4', 10.8, int4, 'all', true],
    ['8 GB, int8', 7.2, int8, 'one-by-one', true],
    ['6 GB, int8', 5.4, int8, 'one-by-one', false],
    ['8 GB, half precision', 7.2, half, 'one-by-one', false],
  ] as const)('%s', (_, budget, parts, keeps, fits) => {
    const plan = planMemory(request(budget, parts));
    expect([plan.keeps, plan.fits]).toEqual([keeps, fits]);
    expect(plan.needBytes <= budget * GB).toBe(fits);
  });
});

test('a plan is told in one sentence', () => {
  expect(planMemory(request(7.2, int4)).message).toMatch(
    /^Needs \d\.\d GB of 7\.2 GB; the text encoder will be loaded again for each new prompt\.$/,
  );
  expect(planMemory(request(44, half)).message).toMatch(/; everything stays in memory\.$/);
});

describe('a job that cannot fit', () => {
  test('names the most exact precision that would', () => {
    const { fits, message, hint } = planMemory(request(7.2, half));
    expect(fits).toBe(false);
    expect(message).toMatch(/^Needs 12\.\d GB, of which there are 7\.2 GB/);
    expect(hint).toBe('To make it fit, choose the precision int8 on the Load model node.');
  });

  test('names the largest picture that would, and that one does fit', () => {
    const job = request(4.6, int4, 4096);
    const { fits, hint } = planMemory({ ...job, others: [] });
    expect(fits).toBe(false);
    const side = Number(/(\d+)×\1/.exec(hint ?? '')?.[1]);
    const sized = (size: number) =>
      planMemory({ ...job, picture: { ...job.picture, width: size, height: size } });
    expect(sized(side).fits).toBe(true);
    expect(sized(side + 64).fits).toBe(false);
  });

  test('says so where nothing helps', () => {
    expect(planMemory(request(1, half)).hint).toBe('Run it on a machine with more memory.');
  });
});

test('tiles take what is left beside transformer and autoencoder, within bounds', () => {
  const tile = (budget: number) => planMemory(request(budget, int4)).tileBytes;
  expect(tile(5)).toBeCloseTo((5 - 3.7 - 0.34) * GB);
  expect(tile(4)).toBe(256 * 2 ** 20);
  expect(tile(40)).toBeCloseTo(0.4 * 40 * GB);
});

test('weights that stay in a file larger than memory are read again at every step, and that is said', () => {
  const pages = (hostBytes: number) =>
    planMemory({
      ...request(9.6, { transformer: 1.5 * GB, textEncoder: 1 * GB, vae: 0.34 * GB }),
      pages: { hostBytes, mappedBytes: 12.3 * GB },
    });
  expect(pages(24 * GB).readsFromDisk).toBe(false);
  expect(pages(16 * GB).readsFromDisk).toBe(true);
  expect(pages(16 * GB).message).toContain('read from disk at every step');
});

test('more pictures and larger ones need more', () => {
  const need = (side: number, batch: number) => {
    const job = request(44, half, side);
    return planMemory({ ...job, picture: { ...job.picture, batch } }).needBytes;
  };
  expect(need(1024, 1)).toBeGreaterThan(need(512, 1));
  expect(need(1024, 16)).toBeGreaterThan(need(1024, 1));
});
