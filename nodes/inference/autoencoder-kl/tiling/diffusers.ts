import { type Tensor, tensor } from '../../../core/tensor.ts';
import { DIFFUSERS_OVERLAP, diffusersStarts } from './plan.ts';
import type { TileFunction, TileScale } from './run-tiles.ts';
import { cut, paste } from './windows.ts';

const sidesOf = ({ dims }: Tensor) => ({
  planes: (dims[0] ?? 0) * (dims[1] ?? 0),
  height: dims[2] ?? 0,
  width: dims[3] ?? 0,
});

/** Fades the first rows of `tile` in over the last rows of the tile above; weight y / extent. */
function blendDown(above: Tensor, tile: Tensor, most: number): void {
  const a = sidesOf(above);
  const b = sidesOf(tile);
  const extent = Math.min(a.height, b.height, most);
  for (let plane = 0; plane < b.planes; plane++)
    for (let y = 0; y < extent; y++) {
      let from = (plane * a.height + a.height - extent + y) * a.width;
      let to = (plane * b.height + y) * b.width;
      for (let x = 0; x < b.width; x++, to++)
        tile.data[to] = (above.data[from++] ?? 0) * (1 - y / extent) + (tile.data[to] ?? 0) * (y / extent);
    }
}

/** Fades the first columns of `tile` in over the last columns of the tile to the left. */
function blendRight(left: Tensor, tile: Tensor, most: number): void {
  const a = sidesOf(left);
  const b = sidesOf(tile);
  const extent = Math.min(a.width, b.width, most);
  for (let row = 0; row < b.planes * b.height; row++)
    for (let x = 0; x < extent; x++) {
      const from = row * a.width + a.width - extent + x;
      const to = row * b.width + x;
      tile.data[to] = (left.data[from] ?? 0) * (1 - x / extent) + (tile.data[to] ?? 0) * (x / extent);
    }
}

/**
 * Tiling as in `AutoencoderKL._tiled_decode` and `_tiled_encode` of diffusers: each tile is blended with the finished tile
 * above, then with the finished tile to the left, and its upper left part is kept.
 * @param size side of a tile in latent pixels, a multiple of 4
 */
export async function runDiffusersTiles(
  size: number,
  whole: Tensor,
  scale: TileScale,
  network: TileFunction,
): Promise<Tensor> {
  const [batch = 0, , inputHeight = 0, inputWidth = 0] = whole.dims;
  const [height, width] = [inputHeight / scale.input, inputWidth / scale.input];
  const blend = Math.floor(size * scale.output * DIFFUSERS_OVERLAP);
  const keep = size * scale.output - blend;
  let result: Tensor | undefined;
  let rowAbove: Tensor[] = [];
  for (const y of diffusersStarts(height, size)) {
    const row: Tensor[] = [];
    for (const x of diffusersStarts(width, size)) {
      const tile = await network(
        cut(whole, {
          y: y * scale.input,
          x: x * scale.input,
          height: Math.min(size, height - y) * scale.input,
          width: Math.min(size, width - x) * scale.input,
        }),
      );
      const above = rowAbove[row.length];
      const left = row.at(-1);
      if (above) blendDown(above, tile, blend);
      if (left) blendRight(left, tile, blend);
      row.push(tile);
      const sides = sidesOf(tile);
      result ??= tensor([batch, tile.dims[1] ?? 0, height * scale.output, width * scale.output]);
      const at = { y: y * scale.output, x: x * scale.output };
      paste(result, tile, {
        ...at,
        height: Math.min(keep, sides.height),
        width: Math.min(keep, sides.width),
      });
    }
    rowAbove = row;
  }
  if (!result) throw new RangeError('A picture has at least one tile.');
  return result;
}
