import { createStore, useStore } from 'zustand';

/** A picture that can be looked at: one the engine knows by its id, or one the page holds. */
export type ViewerSource = { readonly label: string } & ({ readonly id: string } | { readonly url: string });

interface ViewerState {
  /** Two pictures side by side; undefined while nothing is compared. */
  readonly compared: readonly [ViewerSource, ViewerSource] | undefined;
}

const viewerStore = createStore<ViewerState>(() => ({ compared: undefined }));

export const openCompare = (a: ViewerSource, b: ViewerSource): void =>
  viewerStore.setState({ compared: [a, b] });
export const closeCompare = (): void => viewerStore.setState({ compared: undefined });
export const useCompared = (): ViewerState['compared'] => useStore(viewerStore, ({ compared }) => compared);
