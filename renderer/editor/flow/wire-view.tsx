import { memo, type PointerEvent as ReactPointerEvent, useState } from 'react';
import { type EdgeProps, useReactFlow } from 'reactflow';
import { outputType } from '../../../nodes/graph/types.ts';
import { useText } from '../../i18n/index.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { followDrag } from '../../ui/follow-drag.ts';
import type { Point } from '../canvas-handle.ts';
import type { FlowEdge } from './adapters.ts';
import { inkOf } from './socket.tsx';
import { useGraph, useTab } from './tab-context.ts';
import { useNodeRun } from './use-runtime.ts';
import { bendIndex, wirePath } from './wire-path.ts';

const noBends: readonly (readonly [number, number])[] = [];

/** A wire in the hue of what it carries, with the points it bends through. */
export const WireView = memo(function WireView({
  data,
  sourceX,
  sourceY,
  targetX,
  targetY,
  selected,
}: EdgeProps<FlowEdge>) {
  const id = data?.id ?? '';
  const tab = useTab();
  const t = useText();
  const catalogue = useCatalogue();
  const flow = useReactFlow();
  const type = useGraph((document) => {
    const wire = document.wires[id];
    return wire && outputType(document, catalogue, wire.from);
  });
  const off = useGraph((document) => {
    const wire = document.wires[id];
    return wire
      ? document.nodes[wire.from[0]]?.mode === 'mute' || document.nodes[wire.to[0]]?.mode === 'mute'
      : false;
  });
  const target = useGraph((document) => document.wires[id]?.to[0] ?? '');
  const busy = useNodeRun(target)?.state === 'running';
  const stored = useGraph((document) => document.wires[id]?.bends ?? noBends);
  const [moving, setMoving] = useState<readonly Point[] | undefined>();
  const bends = moving ?? stored.map(([x, y]): Point => ({ x, y }));
  const start = { x: sourceX, y: sourceY };
  const end = { x: targetX, y: targetY };
  const path = wirePath(start, bends, end);

  const commit = (points: readonly Point[]) =>
    tab.store.edit(t('wire.bend'), ({ wires }) => {
      const wire = wires[id];
      if (!wire) return;
      if (points.length === 0) delete wire.bends;
      else wire.bends = points.map(({ x, y }): [number, number] => [Math.round(x), Math.round(y)]);
    });

  const dragBend = (
    event: ReactPointerEvent<SVGElement>,
    index: number,
    from: readonly Point[],
    isNew = false,
  ) => {
    event.stopPropagation();
    event.preventDefault();
    let points = from;
    const move = (step: PointerEvent) => {
      const at = flow.screenToFlowPosition({ x: step.clientX, y: step.clientY });
      points = points.map((point, i) => (i === index ? at : point));
      setMoving(points);
    };
    followDrag(event, event.currentTarget, move, () => {
      setMoving(undefined);
      if (isNew || points !== from) commit(points);
    });
  };

  return (
    <g
      className="wire"
      data-off={off || undefined}
      data-busy={busy || undefined}
      data-selected={selected || undefined}
      style={{ color: inkOf(type) }}
    >
      <path
        className="wire-reach react-flow__edge-interaction"
        d={path}
        onPointerDown={(event) => {
          if (!event.altKey || event.button !== 0) return;
          const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
          const index = bendIndex(start, bends, end, at);
          dragBend(event, index, bends.toSpliced(index, 0, at), true);
        }}
      />
      <path className="wire-line" d={path} />
      {bends.map(({ x, y }, index) => (
        <circle
          // biome-ignore lint/suspicious/noArrayIndexKey: bends have no identity but their order
          key={index}
          className="wire-bend nopan"
          cx={x}
          cy={y}
          r={5}
          onPointerDown={(event) => {
            if (event.altKey) {
              event.stopPropagation();
              commit(bends.toSpliced(index, 1));
            } else if (event.button === 0) dragBend(event, index, bends);
          }}
          onDoubleClick={() => commit(bends.toSpliced(index, 1))}
        />
      ))}
    </g>
  );
});
