/**
 * Draws previews one at a time. Of those asked for meanwhile only the newest of each node is drawn, and
 * none after the run is over.
 */
export class PreviewMaker {
  readonly #show: (node: string, jpeg: Uint8Array<ArrayBuffer>) => void;
  readonly #onFailure: (node: string, error: unknown) => void;
  readonly #newest = new Map<string, () => Promise<Uint8Array>>();
  #drawing: Promise<void> | undefined;
  readonly #last = new Map<string, () => Promise<Uint8Array>>();
  #isClosed = false;

  constructor(
    show: (node: string, jpeg: Uint8Array<ArrayBuffer>) => void,
    onFailure: (node: string, error: unknown) => void,
  ) {
    this.#show = show;
    this.#onFailure = onFailure;
  }

  /** What a node showed last in this run is not drawn again. */
  ask(node: string, draw: () => Promise<Uint8Array>): void {
    if (this.#last.get(node) === draw) return;
    this.#last.set(node, draw);
    this.#newest.set(node, draw);
    this.#drawing ??= this.#draw();
  }

  /** Until all that was asked for is shown. */
  async shown(): Promise<void> {
    await this.#drawing;
  }

  close(): void {
    this.#isClosed = true;
    this.#newest.clear();
  }

  async #draw(): Promise<void> {
    for (let [asked] = this.#newest; asked; [asked] = this.#newest) {
      const [node, draw] = asked;
      this.#newest.delete(node);
      try {
        const jpeg = new Uint8Array(await draw());
        if (!this.#isClosed) this.#show(node, jpeg);
      } catch (error) {
        if (!this.#isClosed) this.#onFailure(node, error);
      }
    }
    this.#drawing = undefined;
  }
}
