import { useCallback, useEffect, useMemo, useRef } from 'react';
import { type NodeChange, ReactFlow, ReactFlowProvider, useReactFlow } from 'reactflow';
import { itemKey, parseItemKey } from '../../state/item-key.ts';
import type { Size } from '../canvas-handle.ts';
import { FlowAdapter, type FlowNode } from './adapters.ts';
import type { NodeShapes } from './node-shapes.ts';
import { NodeView } from './node-view.tsx';
import { useTab } from './tab-context.ts';

interface ShapeGaugeProps {
  readonly ids: readonly string[];
  readonly shapes: NodeShapes;
  /** Told once all shapes are known, with the room the canvas has. */
  readonly onMeasured: (room: Size) => void;
}

/** A canvas nobody sees: draws one of each kind of node to learn its shape, then its work is done. */
export function ShapeGauge(props: ShapeGaugeProps) {
  return (
    <ReactFlowProvider>
      <Gauge {...props} />
    </ReactFlowProvider>
  );
}

const nodeTypes = { node: NodeView };
const noMeasures = new Map<never, never>();
const nothing = new Set<never>();

function Gauge({ ids, shapes, onMeasured }: ShapeGaugeProps) {
  const { store } = useTab();
  const root = useRef<HTMLDivElement>(null);
  const missing = useRef(new Set(ids));
  const flow = useReactFlow<FlowNode>();
  const graph = useRef(store.graph).current;
  const nodes = useMemo(() => {
    const keys = new Set<string>(ids.map((id) => itemKey('node', id)));
    return new FlowAdapter().nodes(graph, nothing, noMeasures, undefined).filter(({ id }) => keys.has(id));
  }, [ids, graph]);
  const finish = useCallback(() => {
    if (root.current) onMeasured({ width: root.current.clientWidth, height: root.current.clientHeight });
  }, [onMeasured]);
  const learn = (changes: readonly NodeChange<FlowNode>[]) => {
    for (const change of changes) {
      if (change.type !== 'dimensions' || !change.dimensions) continue;
      const bounds = flow.getInternalNode(change.id)?.internals.handleBounds;
      const { id } = parseItemKey(change.id as ReturnType<typeof itemKey>);
      shapes.learn(graph, id, {
        ...change.dimensions,
        handles: [...(bounds?.source ?? []), ...(bounds?.target ?? [])],
      });
      missing.current.delete(id);
    }
    if (missing.current.size === 0) finish();
  };
  // A node that goes away meanwhile is never drawn here: what is known by then will do.
  useEffect(
    () => store.state.subscribe((state) => state.graph !== graph && finish()),
    [store, graph, finish],
  );
  return (
    <div ref={root} className="canvas invisible size-full" aria-hidden>
      <ReactFlow<FlowNode>
        nodes={nodes}
        nodeTypes={nodeTypes}
        onNodesChange={learn}
        minZoom={1}
        maxZoom={1}
      />
    </div>
  );
}
