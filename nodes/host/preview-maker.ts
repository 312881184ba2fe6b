/**
 * Draws previews one at a time. Of those asked for meanwhile only the newest is drawn, and none after
 * the run is over.
 */
export class PreviewMaker {
  readonly #show: (node: string, jpeg: Uint8Array<ArrayBuffer>) => void;
  readonly #onFailure: (node: string, error: unknown) => void;
  #newest: { readonly node: string; readonly draw: () => Promise<Uint8Array> } | undefined;
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
    this.#newest = { node, draw };
    void this.#next();
  }

  close(): void {
    this.#isClosed = true;
    this.#newest = undefined;
  }

  async #next(): Promise<void> {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    for (let asked = this.#newest; asked; asked = this.#newest) {
      this.#newest = undefined;
      const { node, draw } = asked;
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
