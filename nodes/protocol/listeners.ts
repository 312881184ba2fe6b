/** Who hears which event. */
export class Listeners {
  readonly #byName = new Map<string, Set<(payload: never) => void>>();

  add(name: string, listener: (payload: never) => void): () => void {
    const listeners = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  tell(name: string, payload: unknown): void {
    for (const listener of [...(this.#byName.get(name) ?? [])]) listener(payload as never);
  }
}
