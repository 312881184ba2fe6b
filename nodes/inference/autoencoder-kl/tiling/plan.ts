import type { TilingMode } from '../../../execution/services.ts';
import { type AxisTile, averagedAxis, comfyuiAxis, evenAxis, evenLength } from './axis.ts';

/** What decoding or encoding a tile of the given sides, in latent pixels, costs in memory beside the weights. */
export type MemoryCost = (
  height: number,
  width: number,
) => {
  readonly peakBytes: number;
  /** Of the largest single tensor. */
  readonly largestBytes: number;
};

export interface TilingRequest {
  /** Sides of the whole, in latent pixels. */
  readonly height: number;
  readonly width: number;
  readonly mode: TilingMode;
  /** Side of a tile in latent pixels; 0 = the mode's own. */
  readonly tile: number;
  /** Latent pixels that neighbours share; used where `tile` is set. */
  readonly overlap: number;
  readonly budgetBytes: number;
  readonly memoryCost: MemoryCost;
}

/** Tiles of one pass over the picture: every row with every column. */
export interface Pass {
  readonly rows: readonly AxisTile[];
  readonly columns: readonly AxisTile[];
}

/** How a picture is cut up, with its price. */
export interface TilePlan {
  /** `passes`: weighted means, the passes averaged. `diffusers`: its own sequential blend, tiles of this size. */
  readonly kind:
    | { readonly kind: 'whole' }
    | { readonly kind: 'passes'; readonly passes: readonly Pass[] }
    | { readonly kind: 'diffusers'; readonly tile: number };
  /** Runs of the network. */
  readonly tiles: number;
  /** Latent pixels run beyond one whole pass: 0.23 = 23 % more. */
  readonly extraWork: number;
  /** Memory of the most expensive tile, beside the weights. */
  readonly peakBytes: number;
}

/** Share of a tile's side that diffusers' neighbours have in common. */
export const DIFFUSERS_OVERLAP = 0.25;

/** Tile and overlap in latent pixels where the person names none. */
const DEFAULTS = {
  // `sample_size` 1024 of the Flux VAE.
  diffusers: { tile: 128, overlap: 32 },
  // ComfyUI's VAEDecodeTiled: 512 and 64 pixels.
  comfyui: { tile: 64, overlap: 8 },
  'overlap-average': { tile: 64, overlap: 16 },
} as const;

const MIN_TILE = 8;
/**
 * `auto` in latent pixels. Tiles differ because each is normalised by itself and sees zeros beyond its edge. Measured where
 * the picture is flat, as the change of the difference to decoding at once within 8 pixels, in steps of 255: with 12
 * shared and tiles of 38 it is 0.9, with 4 shared 1.7, with tiles of 30 it is 3.
 */
const AUTO_OVERLAP = 12;
const AUTO_MIN_TILE = 38;
/** A single allocation of 2 GiB ends a process inside Electron, and few GPUs have buffers beyond that. */
const MAX_TENSOR_BYTES = 2 ** 31 - 1;

/** Starts of diffusers' tiles, which reach from there to one tile further or to the border. */
export const diffusersStarts = (size: number, tile: number): number[] => {
  const step = Math.floor(tile * (1 - DIFFUSERS_OVERLAP));
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
};

/** Cuts a picture of `height` x `width` latent pixels into tiles and says what that costs. */
export function planTiles(request: TilingRequest): TilePlan {
  const { height, width, mode } = request;
  if (mode === 'whole') return whole(request);
  if (mode === 'auto') return planAuto(request);
  const given = request.tile > 0 ? request : DEFAULTS[mode];
  const tile = Math.max(MIN_TILE, given.tile);
  if (mode === 'diffusers') {
    // A multiple of four, so that steps and blends come out even in latents and in pixels.
    const even = tile - (tile % 4);
    return height <= even && width <= even ? whole(request) : diffusers(request, even);
  }
  if (mode === 'overlap-average') {
    const overlap = Math.min(given.overlap, Math.floor(tile / 2));
    return passes(request, [grid(request, averagedAxis, tile, tile, overlap)]);
  }
  // As VAEDecodeTiled: a quarter of the tile at most; then three passes with wide, tall and square tiles.
  const overlap = Math.min(given.overlap, Math.floor(tile / 4));
  const half = Math.floor(tile / 2);
  return passes(request, [
    grid(request, comfyuiAxis, tile * 2, half, overlap),
    grid(request, comfyuiAxis, half, tile * 2, overlap),
    grid(request, comfyuiAxis, tile, tile, overlap),
  ]);
}

/** One pass of ComfyUI's `tiled_scale`, for tiles of one shape. */
export const comfyuiPass = (
  size: { readonly height: number; readonly width: number },
  tileHeight: number,
  tileWidth: number,
  overlap: number,
): Pass => grid(size, comfyuiAxis, tileHeight, tileWidth, overlap);

const whole = ({ height, width, memoryCost }: TilingRequest): TilePlan => ({
  kind: { kind: 'whole' },
  tiles: 1,
  extraWork: 0,
  peakBytes: memoryCost(height, width).peakBytes,
});

function grid(
  { height, width }: { readonly height: number; readonly width: number },
  axis: (size: number, tile: number, overlap: number) => AxisTile[],
  tileHeight: number,
  tileWidth: number,
  overlap: number,
): Pass {
  return { rows: axis(height, tileHeight, overlap), columns: axis(width, tileWidth, overlap) };
}

const totalOf = (tiles: readonly AxisTile[]) => tiles.reduce((sum, { length }) => sum + length, 0);
const longestOf = (tiles: readonly AxisTile[]) => Math.max(...tiles.map(({ length }) => length));
const countOf = ({ rows, columns }: Pass) => rows.length * columns.length;

function passes(request: TilingRequest, list: readonly Pass[]): TilePlan {
  const { height, width, memoryCost } = request;
  if (list.every((pass) => countOf(pass) === 1)) return whole(request);
  const work = list.reduce((sum, { rows, columns }) => sum + totalOf(rows) * totalOf(columns), 0);
  return {
    kind: { kind: 'passes', passes: list },
    tiles: list.reduce((sum, pass) => sum + countOf(pass), 0),
    extraWork: work / (height * width) - 1,
    peakBytes: Math.max(
      ...list.map(({ rows, columns }) => memoryCost(longestOf(rows), longestOf(columns)).peakBytes),
    ),
  };
}

function diffusers({ height, width, memoryCost }: TilingRequest, tile: number): TilePlan {
  const lengths = (size: number) => diffusersStarts(size, tile).map((start) => Math.min(tile, size - start));
  const [rows, columns] = [lengths(height), lengths(width)];
  const total = (list: readonly number[]) => list.reduce((sum, length) => sum + length, 0);
  return {
    kind: { kind: 'diffusers', tile },
    tiles: rows.length * columns.length,
    extraWork: (total(rows) * total(columns)) / (height * width) - 1,
    peakBytes: memoryCost(Math.max(...rows), Math.max(...columns)).peakBytes,
  };
}

/** Numbers of equal tiles an axis can be cut into, with their lengths: fewer, longer tiles first. */
function divisions(size: number, overlap: number, shortest: number): { count: number; length: number }[] {
  const list = [{ count: 1, length: size }];
  for (let count = 2; ; count++) {
    const length = evenLength(size, count, overlap);
    // Below twice the overlap a tile would share pixels with the neighbour after next.
    if (length < Math.max(shortest, 2 * overlap)) return list;
    list.push({ count, length });
  }
}

/**
 * The least work that fits the budget (or the side the person names): everything at once if it fits, otherwise equal tiles,
 * as few as possible. Where even the smallest tiles do not fit, those.
 */
function planAuto(request: TilingRequest): TilePlan {
  const { height, width, tile, budgetBytes, memoryCost } = request;
  const [overlap, shortest] =
    tile > 0 ? [Math.min(request.overlap, Math.floor(tile / 2)), MIN_TILE] : [AUTO_OVERLAP, AUTO_MIN_TILE];
  const fits = (h: number, w: number) => {
    if (tile > 0) return h <= Math.max(tile, MIN_TILE) && w <= Math.max(tile, MIN_TILE);
    const { peakBytes, largestBytes } = memoryCost(h, w);
    return peakBytes <= budgetBytes && largestBytes <= MAX_TENSOR_BYTES;
  };
  const down = divisions(height, overlap, shortest);
  const across = divisions(width, overlap, shortest);
  let best: { rows: number; columns: number; cost: number } | undefined;
  for (const rows of down)
    for (const columns of across) {
      const cost = rows.count * rows.length * columns.count * columns.length;
      if (fits(rows.length, columns.length) && !(best && best.cost <= cost))
        best = { rows: rows.count, columns: columns.count, cost };
    }
  const { rows, columns } = best ?? { rows: down.length, columns: across.length };
  return passes(request, [
    { rows: evenAxis(height, rows, overlap), columns: evenAxis(width, columns, overlap) },
  ]);
}
