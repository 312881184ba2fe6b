import { own } from '../core/own.ts';
import type { Definition, Document } from '../document/schema.ts';
import { definitionIdOf } from '../document/subgraph-types.ts';

type Definitions = Readonly<Record<string, Definition>>;
type Nodes = Document['nodes'];

/** Ids of the definitions that nodes are instances of, and of those inside them. */
export function usedDefinitions(definitions: Definitions, nodes: Nodes): Set<string> {
  const used = new Set<string>();
  const pending = [nodes];
  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const node of Object.values(next)) {
      const id = definitionIdOf(node);
      const definition = id === undefined ? undefined : own(definitions, id);
      if (id === undefined || !definition || used.has(id)) continue;
      used.add(id);
      pending.push(definition.nodes);
    }
  }
  return used;
}

/** The document without subgraphs that nothing in it uses; the same one where all are used. */
export function withoutUnusedDefinitions(document: Document): Document {
  const { definitions, ...rest } = document;
  if (!definitions) return document;
  const used = usedDefinitions(definitions, document.nodes);
  const all = Object.entries(definitions);
  if (all.length > 0 && all.every(([id]) => used.has(id))) return document;
  if (used.size === 0) return rest;
  return { ...rest, definitions: Object.fromEntries(all.filter(([id]) => used.has(id))) };
}
