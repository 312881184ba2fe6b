import type { Artifact } from './context.ts';
import type { Fact } from './services.ts';

/** What a run tells while it goes on; every event names the node it is about. */
export type RunEvent =
  | { readonly kind: 'started'; readonly node: string }
  | {
      readonly kind: 'progress';
      readonly node: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      /** Units per second, smoothed over the last few. */
      readonly rate: number | undefined;
      readonly secondsLeft: number | undefined;
      readonly preview: (() => Promise<Uint8Array>) | undefined;
    }
  /** What a node showed of itself when it made the value that is taken from the cache now. */
  | { readonly kind: 'preview'; readonly node: string; readonly preview: () => Promise<Uint8Array> }
  | { readonly kind: 'notice'; readonly node: string; readonly message: string }
  | {
      readonly kind: 'artifact';
      readonly node: string;
      readonly artifact: Artifact;
      /** Everything it was made with. */
      readonly facts: readonly Fact[];
    }
  | {
      readonly kind: 'finished';
      readonly node: string;
      /** True when nothing ran because the value was known from before. */
      readonly cached: boolean;
      readonly milliseconds: number;
      /** One line per output. */
      readonly outputs: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'failed';
      readonly node: string;
      readonly message: string;
      readonly hint: string | undefined;
    };

/** Weight of the newest unit in the smoothed time per unit. */
const NEWEST = 0.3;

/** Rate and time left from the moments at which units were done. */
export class ProgressMeter {
  #smoothed: number | undefined;
  #last: { readonly at: number; readonly done: number };

  constructor(now: number) {
    this.#last = { at: now, done: 0 };
  }

  /** `milliseconds`: what the last unit took where that is known; clock time also counts what came before it. */
  update(
    now: number,
    done: number,
    total: number,
    milliseconds?: number,
  ): { rate: number | undefined; secondsLeft: number | undefined } {
    const units = done - this.#last.done;
    if (units > 0) {
      const seconds = (milliseconds ?? (now - this.#last.at) / units) / 1000;
      this.#smoothed =
        this.#smoothed === undefined ? seconds : (1 - NEWEST) * this.#smoothed + NEWEST * seconds;
    }
    // Fewer than before: the node counts another round.
    if (units !== 0) this.#last = { at: now, done };
    const each = this.#smoothed;
    return each === undefined || each <= 0
      ? { rate: undefined, secondsLeft: undefined }
      : { rate: 1 / each, secondsLeft: Math.max(total - done, 0) * each };
  }
}
