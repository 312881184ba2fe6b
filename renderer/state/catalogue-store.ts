import { useMemo } from 'react';
import { createStore, useStore } from 'zustand';
import type { Catalogue } from '../../nodes/core/catalogue.ts';
import type { NodeDeclaration } from '../../nodes/core/node.ts';
import { own } from '../../nodes/core/own.ts';
import type { Definition } from '../../nodes/document/schema.ts';
import { definitionIdOf, INPUTS_TYPE, OUTPUTS_TYPE } from '../../nodes/document/subgraph-types.ts';
import { usedDefinitions } from '../../nodes/graph/definitions.ts';
import { definitionAt } from '../../nodes/graph/graph-view.ts';
import { catalogueInside, documentCatalogue } from '../../nodes/graph/subgraph-declarations.ts';
import type { DocumentState } from './document-store.ts';
import { keepText, keptText } from './kept-text.ts';
import { activeTab, useActiveDocument } from './workspace.ts';

/** Kinds of node the engine told of; empty until it did. */
const catalogueStore = createStore<{ readonly catalogue: Catalogue; readonly loaded: boolean }>(() => ({
  catalogue: new Map(),
  loaded: false,
}));

const STORAGE = 'kronode.catalogue';

/** The last known kinds, so that documents show before the engine has answered. */
export function restoreCatalogue(): void {
  const saved = keptText(STORAGE);
  if (!saved) return;
  try {
    setCatalogue(JSON.parse(saved) as NodeDeclaration[], false);
  } catch {
    keepText(STORAGE, undefined);
  }
}

export function setCatalogue(declarations: readonly NodeDeclaration[], keep = true): void {
  if (keep) keepText(STORAGE, JSON.stringify(declarations));
  catalogueStore.setState({
    catalogue: new Map(declarations.map((declaration) => [declaration.type, declaration])),
    loaded: true,
  });
}

/** Every kind of node that may be on the canvas: those of the engine, and the subgraphs of the document. */
function catalogueFor(base: Catalogue, { document, path }: DocumentState): Catalogue {
  const definition = definitionAt(document, path);
  return definition === undefined
    ? documentCatalogue(document, base)
    : catalogueInside(document, base, definition);
}

/** The kinds of node for the canvas in front. */
export const catalogue = (): Catalogue =>
  catalogueFor(catalogueStore.getState().catalogue, activeTab().store.state.getState());

/**
 * The kinds of node that may be added to a graph: not the ports of a subgraph, and inside one not
 * those that would put it into itself.
 */
function addable(
  all: Catalogue,
  definitions: Readonly<Record<string, Definition>>,
  within: string | undefined,
) {
  const contains = (outer: string): boolean =>
    outer === within || usedDefinitions(definitions, own(definitions, outer)?.nodes ?? {}).has(within ?? '');
  return [...all.values()].filter((node) => {
    if (node.type === INPUTS_TYPE || node.type === OUTPUTS_TYPE) return false;
    const definition = definitionIdOf(node);
    return definition === undefined || within === undefined || !contains(definition);
  });
}

/** What may be added to the canvas in front. */
export function useAddable(): readonly NodeDeclaration[] {
  const all = useCatalogue();
  const definitions = useActiveDocument(({ document }) => document.definitions);
  const within = useActiveDocument(({ document, path }) => definitionAt(document, path));
  return useMemo(() => addable(all, definitions ?? {}, within), [all, definitions, within]);
}

/** As {@link catalogue}; what the document's subgraphs leave the same stays the same object. */
export function useCatalogue(): Catalogue {
  const base = useStore(catalogueStore, (state) => state.catalogue);
  return useActiveDocument((state) => catalogueFor(base, state));
}
