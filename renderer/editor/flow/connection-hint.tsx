import { useConnection, useViewport } from 'reactflow';
import { useStore } from 'zustand';
import type { Endpoint } from '../../../nodes/document/schema.ts';
import { catalogue } from '../../state/catalogue-store.ts';
import { parseItemKey } from '../../state/item-key.ts';
import { canJoin, endsOf } from '../edits/join.ts';
import { useTab } from './tab-context.ts';
import { wiring } from './wiring-store.ts';

/** Pixels between the cursor and the sentence. */
const GAP = 14;

/** Says at the cursor why a wire may not end where it is held. */
export function ConnectionHint() {
  const tab = useTab();
  const document = useStore(tab.store.state, (state) => state.graph);
  const held = useConnection(({ inProgress, toHandle, isValid, to, fromHandle }) =>
    inProgress &&
    toHandle &&
    isValid === false &&
    fromHandle &&
    (toHandle.nodeId !== fromHandle.nodeId || toHandle.id !== fromHandle.id)
      ? `${toHandle.nodeId} ${toHandle.id} ${toHandle.type} ${Math.round(to.x)} ${Math.round(to.y)}`
      : undefined,
  );
  const viewport = useViewport();
  const loose = wiring();
  if (!held || !loose) return null;
  const [key = '', name = '', type, x, y] = held.split(' ');
  const other: Endpoint = [parseItemKey(key).id, name];
  // Two outputs or two inputs need no sentence: nobody expects them to join.
  if ((type === 'source') === (loose.side === 'output')) return null;
  const { from, to } = endsOf(loose, other);
  const verdict = canJoin(document, catalogue(), from, to);
  if (verdict.ok) return null;
  const left = Number(x) * viewport.zoom + viewport.x + GAP;
  const top = Number(y) * viewport.zoom + viewport.y + GAP;
  return (
    <div className="connection-hint" role="status" style={{ transform: `translate(${left}px, ${top}px)` }}>
      {verdict.reason}
    </div>
  );
}
