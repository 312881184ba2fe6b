import { memo } from 'react';
import { Handle, Position } from 'reactflow';
import { type SocketType, sockets } from '../../../nodes/core/sockets.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import { type SocketSide, useSocketState } from './wiring-store.ts';

interface SocketProps {
  readonly side: SocketSide;
  readonly node: string;
  readonly name: string;
  /** Undefined while a type variable is undecided, or for a kind nobody knows. */
  readonly type: SocketType | undefined;
  readonly optional?: boolean;
  readonly hint?: string | undefined;
  readonly label: string;
}

export const inkOf = (type: SocketType | undefined): string =>
  `var(--socket-${type ? sockets[type].hue : 'unknown'})`;

/** Where wires begin and end. Colour tells the type, shape its family, a hollow one may stay empty. */
export const Socket = memo(function Socket({
  side,
  node,
  name,
  type,
  optional = false,
  hint,
  label,
}: SocketProps) {
  const state = useSocketState(side, node, name);
  return (
    <Tooltip text={hint} side={side === 'input' ? 'left' : 'right'}>
      <Handle
        id={name}
        type={side === 'input' ? 'target' : 'source'}
        position={side === 'input' ? Position.Left : Position.Right}
        className="socket"
        role="img"
        aria-label={label}
        data-shape={type ? sockets[type].shape : 'dot'}
        data-optional={optional || undefined}
        data-state={state}
        style={{ '--ink': inkOf(type) } as React.CSSProperties}
      />
    </Tooltip>
  );
});
