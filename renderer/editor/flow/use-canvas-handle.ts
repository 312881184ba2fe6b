import { useEffect } from 'react';
import { useReactFlow } from 'reactflow';
import type { ItemKey } from '../../state/item-key.ts';
import type { Tab } from '../../state/workspace.ts';
import { type Point, type Size, setCanvas } from '../canvas-handle.ts';
import type { FlowEdge, FlowNode } from './adapters.ts';
import { fitOptions, MAX_ZOOM, MIN_ZOOM } from './view.ts';

/** Milliseconds a zoom by key takes. */
const ZOOM_TIME = 120;

/** Lets commands reach this canvas for as long as it is shown. */
export function useCanvasHandle(
  tab: Tab,
  root: React.RefObject<HTMLDivElement | null>,
  sizeOf: (key: ItemKey) => Size | undefined,
): void {
  const flow = useReactFlow<FlowNode, FlowEdge>();
  useEffect(() => {
    let pointer: Point | undefined;
    let zooming = { to: 1, until: 0 };
    const element = root.current;
    const move = ({ clientX, clientY }: PointerEvent) => {
      pointer = { x: clientX, y: clientY };
    };
    const leave = () => {
      pointer = undefined;
    };
    element?.addEventListener('pointermove', move);
    element?.addEventListener('pointerleave', leave);
    const middle = (): Point => {
      const box = element?.getBoundingClientRect();
      return box ? { x: box.left + box.width / 2, y: box.top + box.height / 3 } : { x: 0, y: 0 };
    };
    setCanvas({
      toDocument: (point) => flow.screenToFlowPosition(point),
      pointer: () => pointer ?? middle(),
      sizeOf,
      fit: (keys) =>
        void flow.fitView({
          ...fitOptions(tab),
          ...(keys && { nodes: keys.map((id) => ({ id })) }),
          duration: 200,
        }),
      zoomBy: (factor) => {
        // Keys come faster than a zoom ends: each counts from where the one before leads.
        const from = performance.now() < zooming.until ? zooming.to : flow.getZoom();
        const to = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, from * factor));
        zooming = { to, until: performance.now() + ZOOM_TIME };
        void flow.zoomTo(to, { duration: ZOOM_TIME });
      },
      zoomTo: (zoom) => void flow.zoomTo(zoom, { duration: ZOOM_TIME }),
      focus: () => element?.focus(),
    });
    return () => {
      setCanvas(undefined);
      element?.removeEventListener('pointermove', move);
      element?.removeEventListener('pointerleave', leave);
    };
  }, [flow, root, tab, sizeOf]);
}
