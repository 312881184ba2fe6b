/** How many times its usual pace a job may take to stop. */
const PATIENCE = 3;

/**
 * Gives a job that was asked to stop time to do so: the grace period, or a few of its own steps where
 * those take longer, counted anew whenever it shows that it is alive.
 */
export class StopWatch {
  readonly #grace: number;
  readonly #onGiveUp: () => void;
  #pace = 0;
  #lastStep: { readonly node: string; readonly at: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;

  constructor(graceMilliseconds: number, onGiveUp: () => void) {
    this.#grace = graceMilliseconds;
    this.#onGiveUp = onGiveUp;
  }

  /** The job did a step of `node`, or something else. */
  alive(now: number, node?: string): void {
    if (node !== undefined && this.#lastStep?.node === node)
      this.#pace = Math.max(this.#pace, now - this.#lastStep.at);
    this.#lastStep = node === undefined ? undefined : { node, at: now };
    if (this.#isStopping) this.#wind();
  }

  stopAsked(): void {
    this.#isStopping = true;
    this.#wind();
  }

  /** The job is over. */
  done(): void {
    clearTimeout(this.#timer);
  }

  #wind(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onGiveUp, Math.max(this.#grace, PATIENCE * this.#pace));
  }
}
