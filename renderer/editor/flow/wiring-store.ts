import { createStore, useStore } from 'zustand';
import type { Catalogue } from '../../../nodes/core/catalogue.ts';
import type { Document } from '../../../nodes/document/schema.ts';
import type { LooseWire } from '../../state/overlay-store.ts';
import { fittingEnds } from '../edits/join.ts';

export type SocketSide = LooseWire['side'];

/** A wire being drawn: where it starts and every socket it may end at. */
interface Wiring extends LooseWire {
  readonly fits: ReadonlySet<string>;
}

const store = createStore<{ readonly wiring: Wiring | undefined }>(() => ({ wiring: undefined }));

const socketKey = (side: SocketSide, node: string, name: string): string => `${side} ${node} ${name}`;

/** Begins to draw a wire: from now on sockets know whether they fit. */
export function startWiring(document: Document, catalogue: Catalogue, loose: LooseWire): void {
  const side = loose.side === 'output' ? 'input' : 'output';
  const fits = new Set(
    fittingEnds(document, catalogue, loose).map(([node, name]) => socketKey(side, node, name)),
  );
  store.setState({ wiring: { ...loose, fits } });
}

export const stopWiring = (): void => store.setState({ wiring: undefined });
export const wiring = (): Wiring | undefined => store.getState().wiring;

export type SocketState = 'idle' | 'fits' | 'refused';

/** How a socket looks while a wire is drawn. */
export const useSocketState = (side: SocketSide, node: string, name: string): SocketState =>
  useStore(store, ({ wiring: drawn }) => {
    if (!drawn) return 'idle';
    if (drawn.fits.has(socketKey(side, node, name))) return 'fits';
    return drawn.side === side && drawn.end[0] === node && drawn.end[1] === name ? 'idle' : 'refused';
  });
