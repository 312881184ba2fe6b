import { createStore, useStore } from 'zustand';
import type { Document } from '../../nodes/document/schema.ts';
import { withLiveValues } from '../../nodes/graph/live-values.ts';
import { catalogue } from '../state/catalogue-store.ts';
import type { Tab } from '../state/workspace.ts';
import { findNumber, type LiveNumber, liveNumbers, sameNumber } from './live-numbers.ts';

type InTab = LiveNumber & { readonly tab: string };

interface LiveState {
  /** The slider that was focused or moved last. */
  readonly touched: InTab | undefined;
  /** The slider that is held at 0, to see the picture without it. */
  readonly held: InTab | undefined;
}

export const liveStore = createStore<LiveState>(() => ({ touched: undefined, held: undefined }));

export const touchNumber = (tab: string, number: LiveNumber): void =>
  liveStore.setState({ touched: { tab, ...number } });

/** The slider that keys are about: the last one touched, or else the first of the document. */
export function currentNumber({ id, store }: Tab): LiveNumber | undefined {
  const { touched } = liveStore.getState();
  const kinds = catalogue();
  if (touched?.tab === id && findNumber(store.document, kinds, touched)) return touched;
  return liveNumbers(store.document, kinds)[0];
}

/** Is this slider held at 0 now? */
export const useIsHeld = (tab: string, number: LiveNumber): boolean =>
  useStore(liveStore, ({ held }) => held?.tab === tab && sameNumber(held, number));

/** The slider of this tab that is held at 0 now. */
export const useHeld = (tab: string): LiveNumber | undefined =>
  useStore(liveStore, ({ held }) => (held?.tab === tab ? held : undefined));

export const isHolding = (): boolean => liveStore.getState().held !== undefined;

/** Shows what the current slider does by taking it away; the document and its history stay as they are. */
export function holdNumber(tab: Tab): void {
  const number = currentNumber(tab);
  if (number) liveStore.setState({ held: { tab: tab.id, ...number } });
}

export const letNumberGo = (): void => liveStore.setState({ held: undefined });

/** What the picture is to show: the document, with the slider that is held at 0. */
export function wantedDocument({ id, store }: Tab): Document {
  const { held } = liveStore.getState();
  const { document } = store;
  if (held?.tab !== id) return document;
  const kinds = catalogue();
  const found = findNumber(document, kinds, held);
  if (!found) return document;
  const { min, max } = found.widget;
  return withLiveValues(document, kinds, [found.withNumber(Math.min(max, Math.max(min, 0)))]);
}
