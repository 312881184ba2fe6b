import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { Document } from '../../../nodes/document/schema.ts';
import type { DocumentState } from '../../state/document-store.ts';
import type { Tab } from '../../state/workspace.ts';

const TabContext = createContext<Tab | undefined>(undefined);
export const TabProvider = TabContext.Provider;

/** The tab whose canvas this component is on. */
export function useTab(): Tab {
  const tab = useContext(TabContext);
  if (!tab) throw new Error('Used outside a canvas.');
  return tab;
}

/** Something of the graph on the canvas; renders again only when it changes. */
export const useGraph = <T>(selector: (graph: Document) => T): T =>
  useStore(useTab().store.state, ({ graph }) => selector(graph));
export const useGraphShallow = <T>(selector: (graph: Document) => T): T =>
  useStore(
    useTab().store.state,
    useShallow(({ graph }: DocumentState) => selector(graph)),
  );
