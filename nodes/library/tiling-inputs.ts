import { choice, int } from '../core/inputs.ts';
import type { RunContext } from '../execution/context.ts';
import type { TileSettings, TilingMode, TilingReport } from '../execution/services.ts';

/** The inputs that Decode and Encode share. */
export const tilingInputs = {
  tiling: choice(
    [
      { value: 'auto', doc: 'Whole if memory allows, otherwise the cheapest tiles without visible seams.' },
      { value: 'whole', doc: 'One pass over the whole picture.' },
      { value: 'diffusers', doc: 'Tiles as diffusers cuts and blends them.' },
      { value: 'comfyui', doc: 'The mean of three tilings, as in ComfyUI.' },
      { value: 'overlap-average', doc: 'Overlapping tiles, averaged, as in the Z-Image WebUI.' },
    ],
    { doc: 'How a large picture is cut up to fit into memory.' },
  ),
  tile_size: int({
    default: 0,
    min: 0,
    max: 4096,
    step: 8,
    advanced: true,
    doc: 'Pixels; 0 chooses for you.',
  }),
  overlap: int({
    default: 64,
    min: 0,
    max: 1024,
    step: 8,
    advanced: true,
    doc: 'Pixels that neighbouring tiles share; used when a tile size is set.',
  }),
} as const;

export const tileSettings = (inputs: {
  readonly tiling: TilingMode;
  readonly tile_size: number;
  readonly overlap: number;
}): TileSettings => ({ mode: inputs.tiling, tileSize: inputs.tile_size, overlap: inputs.overlap });

/** Tells what tiling cost, when there was any. */
export function tellTiles(ctx: RunContext, { tiles, extraWork }: TilingReport): void {
  if (tiles > 1) ctx.notice(`${tiles} tiles, ${Math.round(extraWork * 100)} % extra work.`);
}
