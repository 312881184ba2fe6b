import type { FileReference } from '../../core/values.ts';
import type { LiveAdapter } from '../adapters/live-adapter.ts';
import { fitsSlots, slotBytes } from '../adapters/slot-factors.ts';
import type { SessionSettings } from '../ort/session-options.ts';

/** An adapter over a model, and the file it came from. */
export interface LaidAdapter {
  readonly file: FileReference;
  readonly live: LiveAdapter;
}

/** Slots networks are made with. */
const SLOT_COUNTS = [1, 2, 4, 8, 16, 32];
/** Where making one takes long, a second adapter needs no other network than the first. */
const GPU_SLOT_COUNTS = SLOT_COUNTS.slice(1);

/** Where the adapters over a model act. */
export interface AdapterPlaces {
  readonly builtIn: readonly LaidAdapter[];
  /** Numbers of slots that would do, best first. */
  readonly slotCounts: readonly number[];
}

/** Factors that a GPU is sent at every step: some hundredths of a second, a session takes it many seconds. */
const MOST_SENT_BYTES = 256 * 2 ** 20;

/**
 * Adapters take slots of a network, so that another one can take their place without building anything, but
 * for those that do not fit there and on providers where slots do not pay:
 *
 * - Weights that stay in their file make a session that copies nothing, in milliseconds. Factors of a slot
 *   would take memory there that such a model does not have.
 * - A GPU is sent the factors of its slots at every step. Adapters that are too large for that are built in,
 *   as are all of them on providers other than WebGPU, where nobody has looked on which device slots run.
 */
export function placesFor(
  adapters: readonly LaidAdapter[],
  { provider, weights }: Pick<SessionSettings, 'provider' | 'weights'>,
): AdapterPlaces {
  const hasSlots = (provider === 'cpu' && weights !== 'mapped') || provider === 'webgpu';
  if (!hasSlots) return { builtIn: adapters, slotCounts: [0] };
  let left = provider === 'cpu' ? Number.POSITIVE_INFINITY : MOST_SENT_BYTES;
  const builtIn = adapters.filter(({ live: { adapter } }) => {
    const bytes = fitsSlots(adapter) ? slotBytes(adapter) : Number.POSITIVE_INFINITY;
    if (bytes === Number.POSITIVE_INFINITY || bytes > left) return true;
    left -= bytes;
    return false;
  });
  const needed = adapters.length - builtIn.length;
  const counts = provider === 'cpu' ? SLOT_COUNTS : GPU_SLOT_COUNTS;
  const enough = counts.filter((count) => count >= needed);
  return { builtIn, slotCounts: needed === 0 ? [0, ...enough] : enough.length > 0 ? enough : [needed] };
}
