/** A tile along one axis, in latent pixels. */
export interface AxisTile {
  readonly start: number;
  readonly length: number;
  /**
   * How much output pixel `i` of `count` counts where tiles overlap, `scale` output pixels to a latent
   * pixel. Only ratios between tiles matter: their sum is brought to 1 everywhere.
   */
  readonly weight: (i: number, count: number, scale: number) => number;
}

const range = (to: number, step: number): number[] =>
  Array.from({ length: Math.max(1, Math.ceil(to / step)) }, (_, i) => i * step);

/**
 * ComfyUI's tiles (`tiled_scale` in comfy/utils.py): steps of tile − overlap, the last tile cut off by the border, linear
 * ramps over the overlap at both ends, also at the borders of the picture.
 */
export function comfyuiAxis(size: number, tile: number, overlap: number): AxisTile[] {
  const starts = size > tile ? range(size - overlap, tile - overlap) : [0];
  return starts.map((position) => {
    const start = Math.max(0, Math.min(size - overlap, position));
    return {
      start,
      length: Math.min(tile, size - start),
      weight: (i, count, scale) => {
        const ramp = overlap * scale;
        if (ramp >= count) return 1;
        return Math.min(1, (i + 1) / ramp) * Math.min(1, (count - i) / ramp);
      },
    };
  });
}

/** Whole tiles in steps of tile − overlap, the last one moved back to the border; all count the same. */
export function averagedAxis(size: number, tile: number, overlap: number): AxisTile[] {
  const length = Math.min(tile, size);
  return range(size - overlap, tile - overlap).map((position) => ({
    start: Math.min(position, size - length),
    length,
    weight: () => 1,
  }));
}

/** Length of each of `count` equal tiles that overlap by at least `overlap`. */
export const evenLength = (size: number, count: number, overlap: number): number =>
  Math.ceil((size + (count - 1) * overlap) / count);

/** 0 to 1 with flat ends. */
const smoothstep = (t: number): number => {
  const x = Math.min(1, Math.max(0, t));
  return x * x * (3 - 2 * x);
};

/** Equal tiles, evenly spread, that fade out smoothly towards a neighbour over what both share. */
export function evenAxis(size: number, count: number, overlap: number): AxisTile[] {
  const length = evenLength(size, count, overlap);
  const start = (index: number) => (count === 1 ? 0 : Math.round((index * (size - length)) / (count - 1)));
  return Array.from({ length: count }, (_, index) => {
    const before = index === 0 ? 0 : start(index - 1) + length - start(index);
    const after = index === count - 1 ? 0 : start(index) + length - start(index + 1);
    const fade = (distance: number, shared: number) => (shared === 0 ? 1 : smoothstep(distance / shared));
    return {
      start: start(index),
      length,
      weight: (i, pixels, scale) => fade((i + 0.5) / scale, before) * fade((pixels - i - 0.5) / scale, after),
    };
  });
}

/** Weights of each tile's output pixels, which sum to 1 over the tiles at every pixel. */
export function axisWeights(tiles: readonly AxisTile[], scale: number): Float64Array[] {
  const end = Math.max(...tiles.map(({ start, length }) => start + length));
  const sums = new Float64Array(end * scale);
  const weights = tiles.map(({ start, length, weight }) =>
    Float64Array.from({ length: length * scale }, (_, i) => {
      const value = weight(i, length * scale, scale);
      sums[start * scale + i] = (sums[start * scale + i] ?? 0) + value;
      return value;
    }),
  );
  for (const [t, own] of weights.entries()) {
    const offset = (tiles[t]?.start ?? 0) * scale;
    for (let i = 0; i < own.length; i++) own[i] = (own[i] ?? 0) / (sums[offset + i] ?? 1);
  }
  return weights;
}
