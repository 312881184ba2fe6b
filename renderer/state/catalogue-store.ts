import { createStore, useStore } from 'zustand';
import type { Catalogue } from '../../nodes/core/catalogue.ts';
import type { NodeDeclaration } from '../../nodes/core/node.ts';

/** Kinds of node the engine told of; empty until it did. */
const catalogueStore = createStore<{ readonly catalogue: Catalogue; readonly loaded: boolean }>(() => ({
  catalogue: new Map(),
  loaded: false,
}));

const STORAGE = 'kronode.catalogue';

/** The last known kinds, so that documents show before the engine has answered. */
export function restoreCatalogue(): void {
  const saved = globalThis.localStorage?.getItem(STORAGE);
  if (!saved) return;
  try {
    setCatalogue(JSON.parse(saved) as NodeDeclaration[], false);
  } catch {
    localStorage.removeItem(STORAGE);
  }
}

export function setCatalogue(declarations: readonly NodeDeclaration[], keep = true): void {
  if (keep) globalThis.localStorage?.setItem(STORAGE, JSON.stringify(declarations));
  catalogueStore.setState({
    catalogue: new Map(declarations.map((declaration) => [declaration.type, declaration])),
    loaded: true,
  });
}

export const catalogue = (): Catalogue => catalogueStore.getState().catalogue;
export const useCatalogue = (): Catalogue => useStore(catalogueStore, (state) => state.catalogue);
