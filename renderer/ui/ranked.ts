/** How well a word fits a text: begins with it, begins one of its words, is in it, or not at all. */
export function fit(text: string, word: string): number {
  const at = text.toLowerCase().indexOf(word);
  if (at < 0) return 0;
  if (at === 0) return 3;
  return /[\s._-]/.test(text[at - 1] ?? '') ? 2 : 1;
}

/**
 * What a query means, best first; everything for an empty query.
 * @param scoreOf how well a thing fits one word of the query, in lower case; 0 for not at all
 */
export function ranked<T>(
  things: readonly T[],
  query: string,
  scoreOf: (thing: T, word: string) => number,
): T[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return things
    .map((thing) => {
      const scores = words.map((word) => scoreOf(thing, word));
      return { thing, score: scores.includes(0) ? -1 : scores.reduce((sum, score) => sum + score, 0) };
    })
    .filter(({ score }) => score >= 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ thing }) => thing);
}
