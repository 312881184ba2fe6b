import { useEffect, useRef } from 'react';
import { useUpdateNodeInternals } from 'reactflow';
import { itemKey } from '../../state/item-key.ts';

/**
 * Has a node's sockets measured anew when `what` changes: React Flow sees sockets come, go and change
 * places only where the size of their node changes too.
 */
export function useSocketsMoved(id: string, what: string): void {
  const measure = useUpdateNodeInternals();
  const before = useRef(what);
  useEffect(() => {
    // While the canvas is being set up it measures by itself, and its zoom is not settled yet.
    if (before.current === what) return;
    before.current = what;
    measure(itemKey('node', id));
  }, [measure, id, what]);
}
