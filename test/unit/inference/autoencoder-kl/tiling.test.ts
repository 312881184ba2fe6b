import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Tensor, tensor } from '../../../../nodes/core/tensor.ts';
import { tilingModes } from '../../../../nodes/execution/services.ts';
import { planTiles, type TilingRequest } from '../../../../nodes/inference/autoencoder-kl/tiling/plan.ts';
import { runTiles } from '../../../../nodes/inference/autoencoder-kl/tiling/run-tiles.ts';
import { maxDifference } from '../../../support/max-difference.ts';

const memoryCost = (height: number, width: number) => ({
  peakBytes: height * width * 1000,
  largestBytes: height * width * 100,
});
const plan = (request: Partial<TilingRequest>) =>
  planTiles({
    height: 64,
    width: 64,
    mode: 'auto',
    tile: 0,
    overlap: 0,
    budgetBytes: Number.POSITIVE_INFINITY,
    memoryCost,
    ...request,
  });

/** A decoder that looks at nothing but the pixel itself: tiles must not show at all. */
const doubling =
  (scale: number) =>
  (tile: Tensor): Promise<Tensor> => {
    const [batch = 0, channels = 0, height = 0, width = 0] = tile.dims;
    const result = tensor([batch, channels, height * scale, width * scale]);
    for (let i = 0; i < result.data.length; i++) {
      const [x, y] = [i % (width * scale), Math.floor(i / (width * scale)) % (height * scale)];
      const plane = Math.floor(i / (width * scale * height * scale));
      result.data[i] =
        2 * tile.data[(plane * height + Math.floor(y / scale)) * width + Math.floor(x / scale)]!;
    }
    return Promise.resolve(result);
  };
/** Its counterpart: means of blocks. */
const averaging =
  (scale: number) =>
  (tile: Tensor): Promise<Tensor> => {
    const [batch = 0, channels = 0, height = 0, width = 0] = tile.dims;
    const result = tensor([batch, channels, height / scale, width / scale]);
    for (const [i, value] of tile.data.entries()) {
      const [x, y, plane] = [i % width, Math.floor(i / width) % height, Math.floor(i / width / height)];
      const at = (plane * (height / scale) + Math.floor(y / scale)) * (width / scale) + Math.floor(x / scale);
      result.data[at]! += value / scale ** 2;
    }
    return Promise.resolve(result);
  };
const noise = (dims: readonly number[]) =>
  tensor(
    dims,
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
  );

test('a network that sees single pixels gives the same in any tiles, decoding and encoding', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...tilingModes),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 24 }),
      fc.integer({ min: 0, max: 24 }),
      async (mode, height, width, tile, overlap) => {
        const made = plan({ mode, height, width, tile, overlap });
        const latent = noise([1, 2, height, width]);
        const picture = await doubling(2)(latent);
        let runs = 0;
        const counted = (network: (tile: Tensor) => Promise<Tensor>) => (piece: Tensor) => {
          runs++;
          return network(piece);
        };
        const decoded = await runTiles(made, latent, { input: 1, output: 2 }, counted(doubling(2)));
        expect(decoded.dims).toEqual(picture.dims);
        expect(maxDifference(decoded.data, picture.data)).toBeLessThan(1e-5);
        expect(runs).toBe(made.tiles);
        const encoded = await runTiles(made, picture, { input: 2, output: 1 }, averaging(2));
        expect(encoded.dims).toEqual(latent.dims);
        expect(
          maxDifference(
            encoded.data,
            latent.data.map((value) => 2 * value),
          ),
        ).toBeLessThan(1e-5);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

test('the plan tells what is really run', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...tilingModes),
      fc.integer({ min: 20, max: 90 }),
      fc.integer({ min: 20, max: 90 }),
      fc.constantFrom(16, 20, 32),
      async (mode, height, width, tile) => {
        const made = plan({ mode, height, width, tile, overlap: 6 });
        let area = 0;
        let most = 0;
        await runTiles(made, tensor([1, 1, height, width]), { input: 1, output: 1 }, (piece) => {
          const [, , h = 0, w = 0] = piece.dims;
          area += h * w;
          most = Math.max(most, h * w);
          return Promise.resolve(piece);
        });
        expect(made.extraWork).toBeCloseTo(area / (height * width) - 1, 9);
        expect(made.peakBytes).toBe(most * 1000);
      },
    ),
    { numRuns: 100 },
  );
});

describe('auto', () => {
  const lengths = (made: ReturnType<typeof plan>) => {
    if (made.kind.kind !== 'passes') return undefined;
    const [{ rows, columns }] = made.kind.passes as [(typeof made.kind.passes)[number]];
    return [rows.map(({ length }) => length), columns.map(({ length }) => length)];
  };

  test('does everything at once where it fits', () => {
    expect(plan({ budgetBytes: 64 * 64 * 1000 })).toMatchObject({
      kind: { kind: 'whole' },
      tiles: 1,
      extraWork: 0,
    });
  });

  test('otherwise takes the least work that stays within the budget', () => {
    const made = plan({ height: 128, width: 128, budgetBytes: 75 * 75 * 1000 });
    expect(lengths(made)).toEqual([
      [70, 70],
      [70, 70],
    ]);
    expect(made.tiles).toBe(4);
    expect(made.extraWork).toBeCloseTo((140 / 128) ** 2 - 1, 9);
    // A wide picture is cut across only.
    expect(lengths(plan({ height: 40, width: 200, budgetBytes: 40 * 110 * 1000 }))).toEqual([
      [40],
      [106, 106],
    ]);
  });

  test('never takes more work than it would have to, nor more memory than it may', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 300 }),
        fc.integer({ min: 40, max: 300 }),
        fc.integer({ min: 40, max: 200 }),
        (height, width, side) => {
          const made = plan({ height, width, budgetBytes: side * side * 1000 });
          expect(made.peakBytes).toBeLessThanOrEqual(Math.max(side * side, 75 * 75) * 1000);
          const more = plan({ height, width, budgetBytes: 4 * side * side * 1000 });
          expect(more.extraWork).toBeLessThanOrEqual(made.extraWork);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('keeps single tensors below 2 GiB, whatever the budget', () => {
    const huge = (height: number, width: number) => ({
      peakBytes: 1,
      largestBytes: height * width * 64 * 256 * 4,
    });
    const made = plan({ height: 256, width: 256, memoryCost: huge });
    const [rows, columns] = lengths(made) ?? [];
    expect(made.tiles).toBe(4);
    expect(rows![0]! * columns![0]! * 64 * 256 * 4).toBeLessThan(2 ** 31);
  });

  test('where nothing fits, takes the smallest tiles without visible seams', () => {
    const made = plan({ height: 200, width: 200, budgetBytes: 1 });
    expect(Math.min(...lengths(made)!.flat())).toBeGreaterThanOrEqual(38);
    expect(made.tiles).toBe(49);
  });

  test('takes the size of tiles a person names', () => {
    expect(lengths(plan({ height: 100, width: 100, tile: 60, overlap: 8 }))).toEqual([
      [54, 54],
      [54, 54],
    ]);
  });
});

test('named modes have their own sizes', () => {
  const runs = (mode: TilingRequest['mode'], side: number) => plan({ mode, height: side, width: side }).tiles;
  expect(runs('diffusers', 128)).toBe(1);
  expect(runs('diffusers', 136)).toBe(4);
  expect(runs('overlap-average', 64)).toBe(1);
  // 64 with 16 shared: 0, 48, 64.
  expect(runs('overlap-average', 128)).toBe(9);
  // 64 with 8 shared: 3 of 64, 5 of 32, 1 of 128 along a side.
  expect(runs('comfyui', 128)).toBe(9 + 5 + 5);
  expect(runs('whole', 1000)).toBe(1);
});
