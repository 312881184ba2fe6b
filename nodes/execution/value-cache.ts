import type { Artifact } from './context.ts';
import type { Key } from './keys.ts';
import type { Fact } from './services.ts';

/** All that running a node once gave. */
export interface CacheEntry {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** One line per output, for people. */
  readonly descriptions: Readonly<Record<string, string>>;
  readonly artifacts: readonly Artifact[];
  /** Notices of this node and of everything it was made from. */
  readonly notices: readonly { readonly node: string; readonly message: string }[];
  /** Facts of this node and of everything it was made from, in order of making. */
  readonly facts: readonly Fact[];
  /** Draws the last it showed of itself while it ran. */
  readonly preview?: (() => Promise<Uint8Array>) | undefined;
  /** Host memory of outputs and artifacts. */
  readonly bytes: number;
}

/**
 * Values of past runs by key. Values in use are counted and never dropped; the others are kept as
 * long as all together fit the byte budget, the least recently used going first.
 */
export class ValueCache {
  /** Map order is order of use. */
  readonly #entries = new Map<Key, CacheEntry>();
  readonly #uses = new Map<Key, number>();
  #bytes = 0;
  #budget: number;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** What is known, without counting as a use. */
  peek(key: Key): CacheEntry | undefined {
    return this.#entries.get(key);
  }

  get(key: Key): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(key: Key, entry: CacheEntry): void {
    const previous = this.#entries.get(key);
    if (previous) this.#bytes -= previous.bytes;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    this.#trim();
  }

  /** Announces a consumer: the value stays until as many {@link release}s came. */
  retain(key: Key): void {
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
  }

  release(key: Key): void {
    const uses = (this.#uses.get(key) ?? 1) - 1;
    if (uses > 0) this.#uses.set(key, uses);
    else this.#uses.delete(key);
    this.#trim();
  }

  setBudget(bytes: number): void {
    this.#budget = bytes;
    this.#trim();
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) if (!this.#uses.has(key)) this.#drop(key);
  }

  #drop(key: Key): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }

  #trim(): void {
    if (this.#bytes <= this.#budget) return;
    for (const key of [...this.#entries.keys()]) {
      if (this.#uses.has(key)) continue;
      this.#drop(key);
      if (this.#bytes <= this.#budget) return;
    }
  }
}
