import type { ConnectionLineComponentProps } from 'reactflow';
import { inputType, outputType } from '../../../nodes/graph/types.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import type { FlowNode } from './adapters.ts';
import { inkOf } from './socket.tsx';
import { useGraph } from './tab-context.ts';
import { wirePath } from './wire-path.ts';
import { wiring } from './wiring-store.ts';

/** The wire being drawn, in the hue it will have; paler where it may not end. */
export function ConnectionLine({
  fromX,
  fromY,
  toX,
  toY,
  connectionStatus,
}: ConnectionLineComponentProps<FlowNode>) {
  const catalogue = useCatalogue();
  const type = useGraph((document) => {
    const loose = wiring();
    if (!loose) return undefined;
    return loose.side === 'output'
      ? outputType(document, catalogue, loose.end)
      : inputType(document, catalogue, loose.end);
  });
  const ends = [
    { x: fromX, y: fromY },
    { x: toX, y: toY },
  ] as const;
  const [start, end] = wiring()?.side === 'input' ? [ends[1], ends[0]] : ends;
  return (
    <g style={{ color: inkOf(type) }} opacity={connectionStatus === 'invalid' ? 0.5 : 1}>
      <path className="wire-line" d={wirePath(start, [], end)} />
    </g>
  );
}
