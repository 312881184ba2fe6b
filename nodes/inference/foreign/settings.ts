import { totalmem } from 'node:os';
import type { Provider, SessionSettings } from '../ort/session-options.ts';

/** Share of the machine's memory up to which the runtime may lay weights out for speed, which copies them. */
const PACKED_SHARE = 0.4;

/** How a ready-made graph is run: its precision is what it was exported in. */
export const readySettings = (provider: Provider, weightBytes: number): SessionSettings => ({
  provider,
  weights: provider !== 'cpu' || weightBytes <= totalmem() * PACKED_SHARE ? 'packed' : 'mapped',
});
