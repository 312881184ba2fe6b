import type { Draft } from 'immer';
import { createStore, useStore } from 'zustand';
import type { Document, DocumentNode } from '../../../nodes/document/schema.ts';

export type InputJson = DocumentNode['inputs'][string];

/** Sets a widget's value. */
export function setInput(draft: Draft<Document>, node: string, name: string, value: InputJson): void {
  const target = draft.nodes[node];
  if (target) target.inputs[name] = value;
}

/** Nodes whose advanced rows are shown, this session. */
const unfolded = createStore<Readonly<Record<string, boolean>>>(() => ({}));
export const isUnfolded = (tab: string, node: string): boolean =>
  unfolded.getState()[`${tab} ${node}`] ?? false;
export const useUnfolded = (tab: string, node: string): boolean =>
  useStore(unfolded, () => isUnfolded(tab, node));
export const toggleUnfolded = (tab: string, node: string): void =>
  unfolded.setState((state) => ({ [`${tab} ${node}`]: !state[`${tab} ${node}`] }));
