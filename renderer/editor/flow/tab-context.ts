import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { DocumentState } from '../../state/document-store.ts';
import { type NodeRun, useTabRuntime } from '../../state/runtime-store.ts';
import type { Tab } from '../../state/workspace.ts';

const TabContext = createContext<Tab | undefined>(undefined);
export const TabProvider = TabContext.Provider;

/** The tab whose canvas this component is on. */
export function useTab(): Tab {
  const tab = useContext(TabContext);
  if (!tab) throw new Error('Used outside a canvas.');
  return tab;
}

/** Something of the canvas's document; renders again only when it changes. */
export const useDocument = <T>(selector: (state: DocumentState) => T): T =>
  useStore(useTab().store.state, selector);
export const useDocumentShallow = <T>(selector: (state: DocumentState) => T): T =>
  useStore(useTab().store.state, useShallow(selector));

export const useNodeRun = (id: string): NodeRun | undefined =>
  useTabRuntime(useTab().id, ({ nodes }) => nodes[id]);
