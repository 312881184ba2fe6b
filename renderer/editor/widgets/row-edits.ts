/** Takes an item out and puts it in at another place, counted without it. */
export function movedItem<T>(items: readonly T[], from: number, to: number): T[] {
  const item = items.slice(from, from + 1);
  return items.toSpliced(from, 1).toSpliced(Math.min(Math.max(to, 0), items.length - 1), 0, ...item);
}

/** Which place a pointer at height `y` means among rows with these middles, the dragged one left out. */
export const placeAt = (middles: readonly number[], from: number, y: number): number =>
  middles.filter((middle, i) => i !== from && middle < y).length;
