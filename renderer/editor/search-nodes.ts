import type { NodeDeclaration } from '../../nodes/core/node.ts';
import type { NodeText } from '../i18n/node-text.ts';

/** How well a word fits a text: begins with it, begins one of its words, or is in it. */
function fit(text: string, word: string): number {
  const at = text.toLowerCase().indexOf(word);
  if (at < 0) return 0;
  if (at === 0) return 3;
  return /[\s._-]/.test(text[at - 1] ?? '') ? 2 : 1;
}

/** The kinds of node a query means, best first; everything for an empty query. */
export function matching(
  nodes: readonly NodeDeclaration[],
  query: string,
  names: NodeText,
): NodeDeclaration[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...nodes];
  const scored = nodes.map((node) => {
    const scores = words.map((word) =>
      Math.max(
        4 * fit(names.title(node), word),
        4 * fit(node.title, word),
        2 * Math.max(0, ...(node.keywords ?? []).map((keyword) => fit(keyword, word))),
        fit(node.type, word),
        fit(names.group(node.group), word),
      ),
    );
    return { node, score: Math.min(...scores) === 0 ? 0 : scores.reduce((sum, score) => sum + score, 0) };
  });
  return scored
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ node }) => node);
}
