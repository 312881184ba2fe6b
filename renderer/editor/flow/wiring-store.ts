import { createStore, useStore } from 'zustand';
import type { Catalogue } from '../../../nodes/core/catalogue.ts';
import { accepts, type SocketType } from '../../../nodes/core/sockets.ts';
import type { Document, Endpoint } from '../../../nodes/document/schema.ts';
import { isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { inputType, outputType } from '../../../nodes/graph/types.ts';
import type { LooseWire } from '../../state/overlay-store.ts';
import { canJoin, NEW_PORT } from '../edits/join.ts';

export type SocketSide = LooseWire['side'];

/** A wire being drawn: where it starts and every socket it may end at. */
interface Wiring extends LooseWire {
  readonly fits: ReadonlySet<string>;
}

const store = createStore<{ readonly wiring: Wiring | undefined }>(() => ({ wiring: undefined }));

const socketKey = (side: SocketSide, node: string, name: string): string => `${side} ${node} ${name}`;

/** Both ends of the wire that would join a loose end to a socket of the other side. */
export const endsOf = (
  { end, side }: LooseWire,
  other: Endpoint,
): { readonly from: Endpoint; readonly to: Endpoint } =>
  side === 'output' ? { from: end, to: other } : { from: other, to: end };

const typesMayFit = (from: SocketType | undefined, to: SocketType | undefined): boolean =>
  !from || !to || accepts(to, from);

/** Begins to draw a wire: from now on sockets know whether they fit. */
export function startWiring(document: Document, catalogue: Catalogue, loose: LooseWire): void {
  const fits = new Set<string>();
  const ownType =
    loose.side === 'output'
      ? outputType(document, catalogue, loose.end)
      : inputType(document, catalogue, loose.end);
  for (const [node, { type }] of Object.entries(document.nodes)) {
    const declaration = catalogue.get(type);
    if (!declaration || node === loose.end[0]) continue;
    const names = Object.keys(loose.side === 'output' ? declaration.inputs : declaration.outputs);
    if (isPortNode(node)) names.push(NEW_PORT);
    for (const name of names) {
      const other: Endpoint = [node, name];
      // Types are known at once; whether a loop would close is asked only where they fit.
      const mayFit =
        loose.side === 'output'
          ? typesMayFit(
              ownType,
              declaration.inputs[name]?.kind === 'variable'
                ? undefined
                : inputType(document, catalogue, other),
            )
          : typesMayFit(outputType(document, catalogue, other), ownType);
      if (!mayFit) continue;
      const { from, to } = endsOf(loose, other);
      if (canJoin(document, catalogue, from, to).ok)
        fits.add(socketKey(loose.side === 'output' ? 'input' : 'output', node, name));
    }
  }
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
