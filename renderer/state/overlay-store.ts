import { createStore, useStore } from 'zustand';
import type { Endpoint } from '../../nodes/document/schema.ts';

/** A wire that was dropped on empty canvas and waits for a node to end at. */
export interface LooseWire {
  readonly end: Endpoint;
  /** Which side of its node the wire hangs on. */
  readonly side: 'output' | 'input';
}

/** What lies over the editor; one at a time. */
export type Overlay =
  | { readonly kind: 'palette' }
  | { readonly kind: 'shortcuts' }
  | { readonly kind: 'find' }
  | {
      readonly kind: 'add-node';
      readonly at: { readonly x: number; readonly y: number };
      readonly wire?: LooseWire;
    }
  | { readonly kind: 'close-tab'; readonly tab: string }
  | { readonly kind: 'rename'; readonly node: string }
  | { readonly kind: 'none' };

const overlayStore = createStore<{ readonly overlay: Overlay }>(() => ({ overlay: { kind: 'none' } }));
export const showOverlay = (overlay: Overlay): void => overlayStore.setState({ overlay });
export const closeOverlay = (): void => overlayStore.setState({ overlay: { kind: 'none' } });
export const useOverlay = (): Overlay => useStore(overlayStore, (state) => state.overlay);
