interface Waiting {
  readonly name: string;
  readonly payload: unknown;
}

/** Holds events back until the one before was received, keeping only the newest of each key. */
export class LatestEvents {
  readonly #waiting = new Map<string, Waiting>();
  readonly #send: (event: Waiting, receipt: number) => void;
  #underWay: number | undefined;
  #count = 0;

  constructor(send: (event: Waiting, receipt: number) => void) {
    this.#send = send;
  }

  add(name: string, key: string, payload: unknown): void {
    this.#waiting.set(`${name}\n${key}`, { name, payload });
    this.#next();
  }

  received(receipt: number): void {
    if (receipt !== this.#underWay) return;
    this.#underWay = undefined;
    this.#next();
  }

  #next(): void {
    if (this.#underWay !== undefined) return;
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next[0]);
    this.#underWay = this.#count++;
    this.#send(next[1], this.#underWay);
  }
}
