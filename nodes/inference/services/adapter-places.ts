import type { FileReference } from '../../core/values.ts';
import type { LiveAdapter } from '../adapters/live-adapter.ts';
import { fitsSlots } from '../adapters/slot-factors.ts';
import type { SessionSettings } from '../ort/session-options.ts';

/** An adapter over a model, and the file it came from. */
export interface LaidAdapter {
  readonly file: FileReference;
  readonly live: LiveAdapter;
}

/** Slots networks are made with: a second adapter needs no other network than the first. */
const SLOT_COUNTS = [2, 4, 8, 16, 32];

/** Where the adapters over a model act. */
export interface AdapterPlaces {
  readonly builtIn: readonly LaidAdapter[];
  /** Numbers of slots that would do, best first. */
  readonly slotCounts: readonly number[];
}

/**
 * Adapters take slots of a network, so that another one can take their place without building anything, but
 * for those that do not fit there and on providers where slots do not pay:
 *
 * - Weights that stay in their file make a session that copies nothing, in milliseconds. Factors of a slot
 *   would take memory there that such a model does not have.
 * - A GPU would be sent the factors of a slot at every step.
 */
export function placesFor(
  adapters: readonly LaidAdapter[],
  { provider, weights }: Pick<SessionSettings, 'provider' | 'weights'>,
): AdapterPlaces {
  if (provider !== 'cpu' || weights === 'mapped') return { builtIn: adapters, slotCounts: [0] };
  const builtIn = adapters.filter(({ live }) => !fitsSlots(live.adapter));
  const needed = adapters.length - builtIn.length;
  const enough = SLOT_COUNTS.filter((count) => count >= needed);
  return { builtIn, slotCounts: needed === 0 ? [0, ...enough] : enough.length > 0 ? enough : [needed] };
}
