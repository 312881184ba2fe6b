import { createStore, useStore } from 'zustand';
import type { View } from '../pictures/viewer/pan-zoom.ts';

/** A picture that can be looked at: one the engine knows by its id, or one the page holds. */
export type ViewerSource = { readonly label: string } & ({ readonly id: string } | { readonly url: string });

export type CompareLayout = 'slider' | 'side-by-side';

export interface ViewerState {
  /** What is looked through, and which of it is shown; undefined while nothing is. */
  readonly shown: { readonly sources: readonly ViewerSource[]; readonly at: number } | undefined;
  /** Two pictures held against each other; undefined while nothing is compared. */
  readonly compared: readonly [ViewerSource, ViewerSource] | undefined;
  readonly layout: CompareLayout;
  /** Where the edge between two pictures is: 0 shows only the second, 1 only the first. */
  readonly divider: number;
  /** Undefined: the whole picture. */
  readonly view: View | undefined;
  /** What is seen now, as the pane last drew it. */
  readonly seen: Seen | undefined;
  readonly hasInfo: boolean;
}

/** What zooming by keys starts from. */
interface Seen {
  readonly view: View;
  readonly picture: { readonly width: number; readonly height: number };
}

const closed = { shown: undefined, compared: undefined, view: undefined, seen: undefined, divider: 0.5 };

export const viewerStore = createStore<ViewerState>(() => ({
  ...closed,
  layout: 'slider',
  hasInfo: false,
}));

export const isViewerOpen = ({ shown, compared }: ViewerState = viewerStore.getState()): boolean =>
  shown !== undefined || compared !== undefined;

/** Looks at one of several pictures over the whole window. */
export function openViewer(sources: readonly ViewerSource[], at = 0): void {
  viewerStore.setState({ ...closed, shown: { sources, at } });
}

/** Holds two pictures against each other over the whole window. */
export const openCompare = (a: ViewerSource, b: ViewerSource): void =>
  viewerStore.setState({ compared: [a, b], view: undefined, divider: 0.5 });

/** Leaves the comparison, for the picture it was opened from, or altogether. */
export const closeCompare = (): void => viewerStore.setState({ compared: undefined, view: undefined });

/** Leaves everything. */
export const closeViewer = (): void => viewerStore.setState(closed);

export const updateViewer = (change: Partial<ViewerState>): void => viewerStore.setState(change);

export const useViewer = <T>(selector: (state: ViewerState) => T): T => useStore(viewerStore, selector);

/** The picture that is shown alone. */
export const shownSource = ({ shown, compared }: ViewerState): ViewerSource | undefined =>
  compared ? undefined : shown?.sources[shown.at];

/** Goes to a picture before or after the one that is shown; keeps what of it is seen. */
export function stepViewer(by: number): void {
  const { shown } = viewerStore.getState();
  if (!shown) return;
  const at = Math.min(Math.max(shown.at + by, 0), shown.sources.length - 1);
  if (at !== shown.at) viewerStore.setState({ shown: { ...shown, at } });
}

/** Takes pictures that are gone out of what is looked through. */
export function dropFromViewer(ids: ReadonlySet<string>): void {
  const { shown, compared } = viewerStore.getState();
  const isGone = (source: ViewerSource) => 'id' in source && ids.has(source.id);
  if (compared?.some(isGone)) viewerStore.setState({ compared: undefined });
  if (!shown?.sources.some(isGone)) return;
  const sources = shown.sources.filter((source) => !isGone(source));
  const before = shown.sources.slice(0, shown.at).filter(isGone).length;
  const at = Math.min(shown.at - before, sources.length - 1);
  viewerStore.setState(sources.length === 0 ? closed : { shown: { sources, at } });
}
