import type { Catalogue } from '../core/catalogue.ts';
import type { NodeDeclaration } from '../core/node.ts';
import { own } from '../core/own.ts';
import type { Document, DocumentNode } from '../document/schema.ts';

export const nodeOf = (document: Document, id: string): DocumentNode | undefined => own(document.nodes, id);

/** What the catalogue knows about the kind of a node. */
export function definitionOf<Node extends NodeDeclaration>(
  document: Document,
  catalogue: Catalogue<Node>,
  id: string,
): Node | undefined {
  const node = nodeOf(document, id);
  return node && catalogue.get(node.type);
}

/** What people call a node: the title they gave it, or that of its kind. */
export const titleOf = (node: DocumentNode, definition: NodeDeclaration): string =>
  node.title ?? definition.title;
