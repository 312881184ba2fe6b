import { useEffect } from 'react';
import { useUpdateNodeInternals } from 'reactflow';
import { itemKey } from '../../state/item-key.ts';

/**
 * Has a node's sockets measured anew when `what` changes: React Flow sees sockets come, go and change
 * places only where the size of their node changes too.
 */
export function useSocketsMoved(id: string, what: string): void {
  const measure = useUpdateNodeInternals();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what tells when
  useEffect(() => measure(itemKey('node', id)), [measure, id, what]);
}
