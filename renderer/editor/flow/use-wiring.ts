import { type MouseEvent as ReactMouseEvent, useMemo, useRef } from 'react';
import type { Connection, FinalConnectionState, HandleType, OnConnectStartParams } from 'reactflow';
import type { Endpoint } from '../../../nodes/document/schema.ts';
import { isPortNode } from '../../../nodes/document/subgraph-types.ts';
import { indexDocument } from '../../../nodes/graph/document-index.ts';
import { text } from '../../i18n/index.ts';
import { catalogue } from '../../state/catalogue-store.ts';
import { parseItemKey } from '../../state/item-key.ts';
import { type LooseWire, showOverlay } from '../../state/overlay-store.ts';
import type { Tab } from '../../state/workspace.ts';
import { canJoin, join, NEW_PORT } from '../edits/join.ts';
import { connect, firstFit } from '../edits/nodes.ts';
import type { FlowEdge } from './adapters.ts';
import { startWiring, stopWiring } from './wiring-store.ts';

type Ends = Pick<Connection, 'source' | 'sourceHandle' | 'target' | 'targetHandle'>;

const endsOfConnection = ({
  source,
  sourceHandle,
  target,
  targetHandle,
}: Ends): { from: Endpoint; to: Endpoint } => ({
  from: [parseItemKey(source).id, sourceHandle ?? ''],
  to: [parseItemKey(target).id, targetHandle ?? ''],
});

const pointOf = (event: MouseEvent | TouchEvent): { x: number; y: number } => {
  const { clientX, clientY } =
    'changedTouches' in event ? (event.changedTouches[0] ?? { clientX: 0, clientY: 0 }) : event;
  return { x: clientX, y: clientY };
};

/** The node under a point, other than the one a wire starts at. */
function nodeAt({ x, y }: { x: number; y: number }, except: string): string | undefined {
  for (const element of document.elementsFromPoint(x, y)) {
    const id = element.closest<HTMLElement>('[data-node]')?.dataset.node;
    if (id !== undefined && id !== except) return id;
  }
  return undefined;
}

/** What happens when wires are drawn, dropped and moved. */
export function useWiring(tab: Tab) {
  const reconnecting = useRef<
    { readonly wire: string; readonly from: { x: number; y: number }; done: boolean } | undefined
  >(undefined);
  return useMemo(() => {
    const { store } = tab;
    const isValidConnection = (connection: Ends | FlowEdge): boolean => {
      const { from, to } = endsOfConnection(connection as Ends);
      return canJoin(store.graph, catalogue(), from, to).ok;
    };
    /** Dropped on a node of the ports: a new port is meant. */
    const joinNew = ({ end, side }: LooseWire, node: string) => {
      const [from, to]: [Endpoint, Endpoint] =
        side === 'output' ? [end, [node, NEW_PORT]] : [[node, NEW_PORT], end];
      if (canJoin(store.graph, catalogue(), from, to).ok) join(store, from, to);
    };
    const begin = (loose: LooseWire) => startWiring(store.graph, catalogue(), loose);
    return {
      isValidConnection,
      onConnectStart(_event: unknown, { nodeId, handleId, handleType }: OnConnectStartParams) {
        if (!nodeId || handleId === null) return;
        begin({
          end: [parseItemKey(nodeId).id, handleId],
          side: handleType === 'source' ? 'output' : 'input',
        });
      },
      onConnect(connection: Connection) {
        const { from, to } = endsOfConnection(connection);
        join(store, from, to);
      },
      onConnectEnd(event: MouseEvent | TouchEvent, state: FinalConnectionState) {
        stopWiring();
        const { fromHandle, toHandle, isValid } = state;
        if (reconnecting.current || !fromHandle?.id || isValid || toHandle) return;
        const loose: LooseWire = {
          end: [parseItemKey(fromHandle.nodeId).id, fromHandle.id],
          side: fromHandle.type === 'source' ? 'output' : 'input',
        };
        const at = pointOf(event);
        const node = nodeAt(at, loose.end[0]);
        if (node === undefined) {
          const taken =
            loose.side === 'input' ? indexDocument(store.graph).incoming(...loose.end) : undefined;
          if (taken) {
            // Pulled off an input that had a wire: that wire is what was pulled.
            store.edit(text('wire.remove'), ({ wires }) => {
              delete wires[taken.wire];
            });
            return;
          }
          const onCanvas = event.target instanceof Element && event.target.closest('.react-flow__pane');
          if (onCanvas) showOverlay({ kind: 'add-node', at, wire: loose });
          return;
        }
        // Dropped on a node rather than on a socket: the first one that fits is meant.
        if (isPortNode(node)) return joinNew(loose, node);
        const fit = firstFit(store.graph, catalogue(), loose.end, loose.side, node);
        if (fit) store.edit(text('wire.connect'), (draft) => void connect(draft, fit.from, fit.to));
      },
      onReconnectStart(event: ReactMouseEvent, edge: FlowEdge, handleType: HandleType) {
        const wire = parseItemKey(edge.id).id;
        reconnecting.current = { wire, from: { x: event.clientX, y: event.clientY }, done: false };
        const old = store.graph.wires[wire];
        if (!old) return;
        // The end that stays is the one the wire hangs on.
        begin(handleType === 'target' ? { end: old.to, side: 'input' } : { end: old.from, side: 'output' });
      },
      onReconnect(edge: FlowEdge, connection: Connection) {
        const wire = parseItemKey(edge.id).id;
        const { from, to } = endsOfConnection(connection);
        if (reconnecting.current) reconnecting.current.done = true;
        const mark = store.mark();
        store.edit(text('wire.remove'), (draft) => {
          delete draft.wires[wire];
        });
        join(store, from, to);
        store.squashTo(mark, text('wire.reconnect'));
      },
      onReconnectEnd(event: MouseEvent | TouchEvent) {
        stopWiring();
        const started = reconnecting.current;
        reconnecting.current = undefined;
        if (!started || started.done) return;
        const { x, y } = pointOf(event);
        // A click on a wire's end is no wish to lose it.
        if (Math.hypot(x - started.from.x, y - started.from.y) < 24) return;
        store.edit(text('wire.remove'), ({ wires }) => {
          delete wires[started.wire];
        });
      },
    };
  }, [tab]);
}
