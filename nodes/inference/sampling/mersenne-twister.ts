const SIZE = 624;
const SHIFT = 397;

/** MT19937 with the classic 32-bit seeding, as PyTorch's CPU generator uses it. */
export class MersenneTwister {
  readonly #state = new Uint32Array(SIZE);
  #next = SIZE;

  /** @param seed unsigned; only its low 32 bits count */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed >>> 0;
    for (let i = 1; i < SIZE; i++) {
      const previous = (state[i - 1] ?? 0) ^ ((state[i - 1] ?? 0) >>> 30);
      state[i] = Math.imul(1_812_433_253, previous) + i;
    }
  }

  /** The next 32 random bits, unsigned. */
  next(): number {
    if (this.#next >= SIZE) this.#twist();
    let y = this.#state[this.#next++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const y = ((state[i] ?? 0) & 0x8000_0000) | ((state[(i + 1) % SIZE] ?? 0) & 0x7fff_ffff);
      state[i] = (state[(i + SHIFT) % SIZE] ?? 0) ^ (y >>> 1) ^ (y & 1 ? 0x9908_b0df : 0);
    }
    this.#next = 0;
  }
}
