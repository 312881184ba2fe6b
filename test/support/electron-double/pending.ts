/** Questions that were sent over a line and wait for their answers. */
export class Pending {
  readonly #waiting = new Map<number, (answer: never) => void>();
  #count = 0;

  /** @param send sends the question under this number */
  ask<T>(send: (id: number) => void): Promise<T> {
    const id = ++this.#count;
    return new Promise<T>((resolve) => {
      this.#waiting.set(id, resolve);
      send(id);
    });
  }

  settle(id: number, answer: unknown): void {
    this.#waiting.get(id)?.(answer as never);
    this.#waiting.delete(id);
  }
}
