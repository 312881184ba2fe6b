import { createStore, useStore } from 'zustand';
import type { Endpoint } from '../../nodes/document/schema.ts';
import type { SectionId } from '../settings/setting.ts';
import type { ItemKey } from './item-key.ts';

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
  | { readonly kind: 'settings'; readonly section?: SectionId }
  | { readonly kind: 'templates' }
  | { readonly kind: 'find' }
  | {
      readonly kind: 'add-node';
      readonly at: { readonly x: number; readonly y: number };
      readonly wire?: LooseWire;
    }
  /** The wires of a node, to be drawn and removed by keyboard. */
  | { readonly kind: 'connect'; readonly node: string }
  | { readonly kind: 'close-tab'; readonly tab: string }
  /** The title of a node or frame, the text of a note, or the name of a port. */
  | { readonly kind: 'rename'; readonly item: ItemKey; readonly port?: string }
  | { readonly kind: 'none' };

const overlayStore = createStore<{ readonly overlay: Overlay }>(() => ({ overlay: { kind: 'none' } }));
export const showOverlay = (overlay: Overlay): void => overlayStore.setState({ overlay });
export const closeOverlay = (): void => overlayStore.setState({ overlay: { kind: 'none' } });
export const useOverlay = (): Overlay => useStore(overlayStore, (state) => state.overlay);
/** Is the name of this thing being typed, or that of one of its ports? */
export const useIsRenaming = (item: ItemKey, port?: string): boolean =>
  useStore(
    overlayStore,
    ({ overlay }) => overlay.kind === 'rename' && overlay.item === item && overlay.port === port,
  );
