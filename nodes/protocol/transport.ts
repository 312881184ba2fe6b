/**
 * A two-way line of messages between two programs. Messages are plain data as structured clone knows
 * it, bytes as plain Uint8Array, and arrive in order.
 */
export interface Transport {
  /** Sends one message; does nothing once the line is closed. */
  post(message: unknown): void;
  /** Sets who hears messages; those that came before are kept for the listener. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when either side closes or the line breaks; at once where that has happened already. */
  onClose(listener: () => void): void;
  close(): void;
}

/** The receiving half that all transports share. */
export class Inbox {
  #listener: ((message: unknown) => void) | undefined;
  #early: unknown[] = [];
  readonly #closeListeners: (() => void)[] = [];
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  deliver(message: unknown): void {
    if (this.#closed) return;
    if (this.#listener) this.#listener(message);
    else this.#early.push(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const message of early) listener(message);
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener();
    else this.#closeListeners.push(listener);
  }

  /** Tells those who listen, the first time. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#early = [];
    for (const listener of this.#closeListeners.splice(0)) listener();
  }
}
