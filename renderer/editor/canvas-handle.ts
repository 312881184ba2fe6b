import { createStore, useStore } from 'zustand';
import type { ItemKey } from '../state/item-key.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What commands may ask of the canvas that is shown. */
export interface CanvasHandle {
  /** From pixels of the window to places on the document. */
  toDocument(point: Point): Point;
  /** Where the pointer is, or the middle of the canvas when it is elsewhere; in window pixels. */
  pointer(): Point;
  /** Size of something as it is drawn, once it was. */
  sizeOf(key: ItemKey): Size | undefined;
  /** Shows the given things, or everything. */
  fit(keys?: readonly ItemKey[]): void;
  zoomBy(factor: number): void;
  zoomTo(zoom: number): void;
  focus(): void;
}

let current: CanvasHandle | undefined;

/** What the next canvas shall show first. */
let awaited: readonly ItemKey[] | undefined;

export const setCanvas = (handle: CanvasHandle | undefined): void => {
  current = handle;
  const keys = awaited;
  if (!handle || !keys) return;
  awaited = undefined;
  // Its nodes are measured once they were drawn.
  requestAnimationFrame(() => requestAnimationFrame(() => handle.fit(keys)));
};

/** Shows things on the canvas there is, or on the one that takes its place. */
export function fitOn(keys: readonly ItemKey[], canvasIs: 'this one' | 'another'): void {
  if (canvasIs === 'this one') current?.fit(keys);
  else awaited = keys;
}
/** Undefined while no document is drawn. */
export const canvas = (): CanvasHandle | undefined => current;

/** A width every node has unless the document says another. */
export const NODE_WIDTH = 280;
/** Where a thing's size is not known yet. */
export const GUESSED_SIZE: Size = { width: NODE_WIDTH, height: 160 };

const zoomStore = createStore<{ readonly zoom: number }>(() => ({ zoom: 1 }));
/** Told by the canvas whenever its zoom changes. */
export const reportZoom = (zoom: number): void => zoomStore.setState({ zoom });
export const useZoom = (): number => useStore(zoomStore, (state) => state.zoom);
