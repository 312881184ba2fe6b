import { useEffect, useState } from 'react';
import { useStoreApi } from 'reactflow';
import type { Document } from '../../../nodes/document/schema.ts';
import type { ItemKey } from '../../state/item-key.ts';
import type { Viewport } from '../../state/workspace.ts';
import type { Size } from '../canvas-handle.ts';
import type { NodeShapes } from './node-shapes.ts';
import { nodesInView } from './view.ts';

/**
 * Nodes that came near enough to be read. They stay what they are when they go out of view again: drawing
 * them anew costs more than keeping them.
 * @param view what is seen first, in a window of size `room`
 */
export function useNearNodes(
  shapes: NodeShapes,
  graph: Document,
  view: Viewport | undefined,
  room: Size,
): ReadonlySet<ItemKey> {
  const flow = useStoreApi();
  const [near, setNear] = useState<ReadonlySet<ItemKey>>(
    () => new Set(view && nodesInView(graph, shapes, view, room)),
  );
  useEffect(() => {
    const look = () => {
      const { transform, width, height } = flow.getState();
      const [x, y, zoom] = transform;
      const seen = nodesInView(graph, shapes, { x, y, zoom }, { width, height });
      setNear((known) => (seen.every((key) => known.has(key)) ? known : new Set([...known, ...seen])));
    };
    look();
    return flow.subscribe((now, before) => {
      if (now.transform !== before.transform || now.width !== before.width || now.height !== before.height)
        look();
    });
  }, [flow, graph, shapes]);
  return near;
}
