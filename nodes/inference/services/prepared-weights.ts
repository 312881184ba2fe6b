import type { OpenedPart } from '../checkpoints/model-folder.ts';
import type { NetworkWeights } from '../checkpoints/weights.ts';
import { planConversion } from '../precision/conversion.ts';
import type { WeightCache } from '../precision/weight-cache.ts';
import type { Place } from './placement.ts';

export interface PreparationRun {
  readonly signal: AbortSignal;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * The weights of a part as its place wants them, converted first where they never were.
 * @param sha256 of the files they come from
 */
export type PrepareWeights = (
  part: OpenedPart,
  sha256: string,
  place: Pick<Place, 'target'>,
  run: PreparationRun,
) => Promise<NetworkWeights>;

export const prepareIn =
  (cache: WeightCache): PrepareWeights =>
  async ({ part, weights }, sha256, { target }, { signal, onProgress }) => {
    if (target === undefined) return weights;
    const conversion = planConversion(part, weights, sha256, target);
    return cache.prepare(conversion, { signal, ...(onProgress && { onProgress }) });
  };
