/**
 * The pictures a live job has shown, so that each takes the place of the one before: an hour of trying
 * values leaves one picture a node, not thousands.
 */
export class TriedPictures {
  readonly #byNode = new Map<string, { readonly ids: Set<string>; isOver: boolean }>();

  /**
   * Takes in a picture of a node; returns those that it and its batch stand in for.
   * @param isKnown it is there already; if it was not tried, somebody wanted it, and it stays
   */
  add(node: string, id: string, isKnown: boolean): string[] {
    const known = this.#byNode.get(node);
    const own = !isKnown || known?.ids.has(id) ? [id] : [];
    if (known && !known.isOver) {
      for (const one of own) known.ids.add(one);
      return [];
    }
    this.#byNode.set(node, { ids: new Set(own), isOver: false });
    return [...(known?.ids ?? [])].filter((old) => old !== id);
  }

  /** The node has shown its batch; its next picture begins another one. */
  over(node: string): void {
    const known = this.#byNode.get(node);
    if (known) known.isOver = true;
  }
}
