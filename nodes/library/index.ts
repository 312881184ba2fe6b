/// <reference path="./import-meta-glob.d.ts" />
import { createCatalogue } from '../core/catalogue.ts';
import { nodeGroups } from '../core/node.ts';
import type { KronodeNode } from '../execution/define-node.ts';

const nodes = Object.values(import.meta.glob<KronodeNode>('./*/*.ts', { eager: true, import: 'default' }));

/** Every built-in node: one file each, found by being there. Ordered as the editor lists them. */
export const library = createCatalogue(
  nodes.toSorted(
    (a, b) =>
      nodeGroups.indexOf(a.group) - nodeGroups.indexOf(b.group) || a.title.localeCompare(b.title, 'en'),
  ),
);
