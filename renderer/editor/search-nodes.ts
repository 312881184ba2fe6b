import type { NodeDeclaration } from '../../nodes/core/node.ts';
import type { NodeText } from '../i18n/node-text.ts';
import { fit, ranked } from '../ui/ranked.ts';

/** The kinds of node a query means, best first; everything for an empty query. */
export const matching = (
  nodes: readonly NodeDeclaration[],
  query: string,
  names: NodeText,
): NodeDeclaration[] =>
  ranked(nodes, query, (node, word) =>
    Math.max(
      4 * fit(names.title(node), word),
      4 * fit(node.title, word),
      2 * Math.max(0, ...(node.keywords ?? []).map((keyword) => fit(keyword, word))),
      fit(node.type, word),
      fit(names.group(node.group), word),
    ),
  );
