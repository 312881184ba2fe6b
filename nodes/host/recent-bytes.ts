/** Bytes by key, the oldest going first when all together exceed the budget. */
export class RecentBytes {
  readonly #budget: number;
  readonly #onDrop: (key: string) => void;
  readonly #entries = new Map<string, Uint8Array<ArrayBuffer>>();
  #bytes = 0;

  constructor(budgetBytes: number, onDrop: (key: string) => void = () => undefined) {
    this.#budget = budgetBytes;
    this.#onDrop = onDrop;
  }

  get(key: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#entries.get(key);
  }

  /** The newest entry stays even where it alone exceeds the budget. */
  set(key: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.delete(key);
    this.#entries.set(key, bytes);
    this.#bytes += bytes.length;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#budget || oldest === key) return;
      this.delete(oldest);
      this.#onDrop(oldest);
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.length ?? 0;
    this.#entries.delete(key);
  }
}
