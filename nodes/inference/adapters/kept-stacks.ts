import type { AdapterStack, LiveAdapter, StackedAdapter } from './live-adapter.ts';
import { type AdapterFactors, fitsSlots, loadSlotFactors } from './slot-factors.ts';

interface Kept<N> {
  readonly adapters: readonly LiveAdapter[];
  readonly network: Promise<N>;
}

/** Factors stay in memory up to this size beside those in use: going back to an adapter then reads nothing. */
const KEPT_BYTES = 256 * 2 ** 20;

/**
 * One network with slots, as it is under different stacks of adapters. The factors of an adapter are read
 * when it is first laid over the network, and forgotten when others were used since and room is short.
 */
export class KeptStacks<N> {
  readonly #under: (stack: AdapterStack) => N;
  readonly #zeros: number;
  readonly #builtIn: readonly LiveAdapter[];
  readonly #keptBytes: number;
  /** Least recently used first. */
  readonly #factors = new Map<LiveAdapter, Promise<AdapterFactors>>();
  readonly #sizes = new WeakMap<LiveAdapter, number>();
  #kept: readonly Kept<N>[] = [];

  /**
   * @param under gives the network as it is under a stack
   * @param zeros that the network's slots want before an adapter's factors
   * @param builtIn adapters that take no slot, although some of them may fit there
   */
  constructor(
    under: (stack: AdapterStack) => N,
    zeros: number,
    builtIn: readonly LiveAdapter[],
    keptBytes = KEPT_BYTES,
  ) {
    this.#under = under;
    this.#zeros = zeros;
    this.#builtIn = builtIn;
    this.#keptBytes = keptBytes;
  }

  /** Memory that factors take. */
  get bytes(): number {
    return [...this.#factors.keys()].reduce((sum, live) => sum + (this.#sizes.get(live) ?? 0), 0);
  }

  /**
   * The network under these adapters; the same object as long as their factors are kept.
   * @throws UserError where a file cannot be read any more
   */
  of(adapters: readonly LiveAdapter[]): Promise<N> {
    const known = this.#kept.find((kept) => isSame(kept.adapters, adapters));
    if (known) {
      for (const live of adapters) this.#touch(live);
      return known.network;
    }
    const network = this.#open(adapters);
    const kept = { adapters, network };
    this.#kept = [...this.#kept, kept];
    network.catch(() => {
      this.#kept = this.#kept.filter((one) => one !== kept);
    });
    return network;
  }

  async #open(adapters: readonly LiveAdapter[]): Promise<N> {
    const stack: StackedAdapter[] = [];
    for (const live of adapters)
      stack.push({ live, factors: this.#takesSlot(live) ? await this.#factorsOf(live) : undefined });
    this.#forget(adapters);
    return this.#under(stack);
  }

  #takesSlot = (live: LiveAdapter): boolean => !this.#builtIn.includes(live) && fitsSlots(live.adapter);

  async #factorsOf(live: LiveAdapter): Promise<AdapterFactors> {
    const loading = this.#factors.get(live) ?? loadSlotFactors(live.adapter, this.#zeros);
    this.#factors.set(live, loading);
    this.#touch(live);
    try {
      const factors = await loading;
      this.#sizes.set(live, factors.values.byteLength);
      return factors;
    } catch (error) {
      this.#factors.delete(live);
      throw error;
    }
  }

  #touch(live: LiveAdapter): void {
    const factors = this.#factors.get(live);
    if (!factors) return;
    this.#factors.delete(live);
    this.#factors.set(live, factors);
  }

  #forget(inUse: readonly LiveAdapter[]): void {
    const sizeOf = (live: LiveAdapter): number => this.#sizes.get(live) ?? 0;
    const others = [...this.#factors.keys()].filter((live) => !inUse.includes(live));
    let bytes = others.reduce((sum, live) => sum + sizeOf(live), 0);
    for (const live of others) {
      if (bytes <= this.#keptBytes) return;
      bytes -= sizeOf(live);
      this.#factors.delete(live);
      this.#kept = this.#kept.filter((kept) => !kept.adapters.includes(live));
    }
  }
}

const isSame = (a: readonly LiveAdapter[], b: readonly LiveAdapter[]): boolean =>
  a.length === b.length && a.every((live, i) => live === b[i]);
