import { createStore, useStore } from 'zustand';
import { type Document, emptyDocument } from '../../nodes/document/schema.ts';
import type { FileHandle } from '../files/file-access.ts';
import { type DocumentState, DocumentStore } from './document-store.ts';
import { newId } from './new-id.ts';
import type { Problem } from './problem.ts';

/** Where on the document the canvas looks. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** An open document. */
export interface Tab {
  readonly id: string;
  readonly store: DocumentStore;
  /** Name without folder and ending; undefined for one that was never saved. */
  readonly name: string | undefined;
  /** Where it is saved, when that is known. */
  readonly file: FileHandle | undefined;
  /** What was mended when it was opened. */
  readonly opened: readonly Problem[];
  /** Seen by no subscriber: the canvas reads it when the tab comes to the front. */
  readonly view: {
    viewport: Viewport | undefined;
    /** Of the subgraphs that were open, by the way to them. */
    readonly inside: Map<string, Viewport>;
  };
}

interface WorkspaceState {
  readonly tabs: readonly Tab[];
  readonly active: string;
}

interface NewTab {
  /** Of a tab that comes back after a crash; what it holds was never saved. */
  readonly recovered?: string;
  readonly document?: Document;
  readonly name?: string | undefined;
  readonly file?: FileHandle | undefined;
  readonly opened?: readonly Problem[];
}

function createTab({ recovered, document = emptyDocument(), name, file, opened = [] }: NewTab): Tab {
  const { view } = document;
  const store = new DocumentStore(document);
  if (recovered !== undefined) store.state.setState({ saved: emptyDocument() });
  return {
    id: recovered ?? newId('tab'),
    store,
    name,
    file,
    opened,
    view: { viewport: view && { x: view.at[0], y: view.at[1], zoom: view.zoom }, inside: new Map() },
  };
}

const first = createTab({});
export const workspace = createStore<WorkspaceState>(() => ({ tabs: [first], active: first.id }));

export function activeTab(): Tab {
  const { tabs, active } = workspace.getState();
  return tabs.find((tab) => tab.id === active) ?? tabs[0] ?? first;
}

export const tabOf = (id: string): Tab | undefined => workspace.getState().tabs.find((tab) => tab.id === id);

/** Opens a document in a tab of its own; a lone untouched empty tab makes room for it. */
export function openTab(document?: NewTab): Tab {
  const tab = createTab(document ?? {});
  workspace.setState(({ tabs }) => ({
    tabs: [...tabs.filter((other) => !(document && isUntouched(other))), tab],
    active: tab.id,
  }));
  return tab;
}

function isUntouched({ store, file }: Tab): boolean {
  const { document, past, future } = store.state.getState();
  return !file && past.length + future.length === 0 && Object.keys(document.nodes).length === 0;
}

export function closeTab(id: string): void {
  workspace.setState(({ tabs, active }) => {
    const at = tabs.findIndex((tab) => tab.id === id);
    const left = tabs.filter((tab) => tab.id !== id);
    const rest = left.length > 0 ? left : [createTab({})];
    const next = active === id ? (rest[Math.min(at, rest.length - 1)]?.id ?? active) : active;
    return { tabs: rest, active: next };
  });
}

export const showTab = (id: string): void => workspace.setState({ active: id });

/** Puts a tab at another place among the others. */
export function moveTab(id: string, to: number): void {
  workspace.setState(({ tabs }) => {
    const tab = tabs.find((other) => other.id === id);
    return tab ? { tabs: tabs.filter((other) => other !== tab).toSpliced(to, 0, tab) } : {};
  });
}

export function updateTab(id: string, change: Partial<Pick<Tab, 'name' | 'file'>>): void {
  workspace.setState(({ tabs }) => ({
    tabs: tabs.map((tab) => (tab.id === id ? { ...tab, ...change } : tab)),
  }));
}

export const useWorkspace = <T>(selector: (state: WorkspaceState) => T): T => useStore(workspace, selector);

export const useActiveTab = (): Tab =>
  useWorkspace(({ tabs, active }) => tabs.find((tab) => tab.id === active) ?? tabs[0] ?? first);

/** Something of the document in front; re-renders only when that changes. */
export const useActiveDocument = <T>(selector: (state: DocumentState) => T): T =>
  useStore(useActiveTab().store.state, selector);
