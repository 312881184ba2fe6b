/** Seconds a change of speed takes to show. */
const MEMORY = 4;

/** How fast bytes come in, smoothed. */
export class Rate {
  #last: { readonly at: number; readonly bytes: number } | undefined;
  #perSecond: number | undefined;

  /** @param bytes that are there now; @param at milliseconds */
  add(bytes: number, at: number): void {
    const last = this.#last;
    if (last && at - last.at < 200) return;
    this.#last = { at, bytes };
    if (!last || bytes < last.bytes) return;
    const seconds = (at - last.at) / 1000;
    const now = (bytes - last.bytes) / seconds;
    const weight = 1 - Math.exp(-seconds / MEMORY);
    this.#perSecond =
      this.#perSecond === undefined ? now : this.#perSecond + (now - this.#perSecond) * weight;
  }

  get bytesPerSecond(): number | undefined {
    return this.#perSecond;
  }
}
