import { type Tensor, tensor } from '../../../core/tensor.ts';
import { axisWeights } from './axis.ts';
import { runDiffusersTiles } from './diffusers.ts';
import type { Pass, TilePlan } from './plan.ts';
import { addWeighted, cut } from './windows.ts';

/** Runs the network on one tile [batch, channels, height, width]. */
export type TileFunction = (tile: Tensor) => Promise<Tensor>;

/** Pixels of the network's input and output per latent pixel: 1 and 8 for a decoder, 8 and 1 for an encoder. */
export interface TileScale {
  readonly input: number;
  readonly output: number;
}

/**
 * Runs a plan tile by tile and puts the results together, [batch, channels, height, width]. What is held at once is one
 * tile and the result (and a row of tiles for diffusers).
 */
export function runTiles(
  plan: TilePlan,
  whole: Tensor,
  scale: TileScale,
  network: TileFunction,
): Promise<Tensor> {
  switch (plan.kind.kind) {
    case 'whole':
      return network(whole);
    case 'diffusers':
      return runDiffusersTiles(plan.kind.tile, whole, scale, network);
    case 'passes':
      return runPasses(plan.kind.passes, whole, scale, network);
  }
}

/** Mean over the passes of each pass's weighted mean over its tiles. */
async function runPasses(
  passes: readonly Pass[],
  whole: Tensor,
  scale: TileScale,
  network: TileFunction,
): Promise<Tensor> {
  const [batch = 0, , height = 0, width = 0] = whole.dims;
  let result: Tensor | undefined;
  for (const { rows, columns } of passes) {
    const rowWeights = axisWeights(rows, scale.output);
    const columnWeights = axisWeights(columns, scale.output).map((weights) =>
      weights.map((weight) => weight / passes.length),
    );
    for (const [r, row] of rows.entries())
      for (const [c, column] of columns.entries()) {
        const tile = await network(
          cut(whole, {
            y: row.start * scale.input,
            x: column.start * scale.input,
            height: row.length * scale.input,
            width: column.length * scale.input,
          }),
        );
        result ??= tensor([
          batch,
          tile.dims[1] ?? 0,
          (height / scale.input) * scale.output,
          (width / scale.input) * scale.output,
        ]);
        const at = { y: row.start * scale.output, x: column.start * scale.output };
        addWeighted(
          result,
          tile,
          at,
          rowWeights[r] ?? new Float64Array(),
          columnWeights[c] ?? new Float64Array(),
        );
      }
  }
  if (!result) throw new RangeError('A plan has at least one tile.');
  return result;
}
