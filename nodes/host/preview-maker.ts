/**
 * Draws previews one at a time. Of those asked for meanwhile only the newest of each node is drawn, and
 * none after the run is over.
 */
export class PreviewMaker {
  readonly #show: (node: string, jpeg: Uint8Array<ArrayBuffer>) => void;
  readonly #onFailure: (node: string, error: unknown) => void;
  readonly #newest = new Map<string, () => Promise<Uint8Array>>();
  #isDrawing = false;
  #isClosed = false;

  constructor(
    show: (node: string, jpeg: Uint8Array<ArrayBuffer>) => void,
    onFailure: (node: string, error: unknown) => void,
  ) {
    this.#show = show;
    this.#onFailure = onFailure;
  }

  ask(node: string, draw: () => Promise<Uint8Array>): void {
    this.#newest.set(node, draw);
    void this.#next();
  }

  close(): void {
    this.#isClosed = true;
    this.#newest.clear();
  }

  async #next(): Promise<void> {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
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
    this.#isDrawing = false;
  }
}
