import { GripVertical, X } from 'lucide-react';
import { useRef } from 'react';
import type { NodeDeclaration } from '../../../nodes/core/node.ts';
import { sockets } from '../../../nodes/core/sockets.ts';
import { INPUTS_NODE } from '../../../nodes/document/subgraph-types.ts';
import { inputType, outputType } from '../../../nodes/graph/types.ts';
import { useText } from '../../i18n/index.ts';
import { useNodeText } from '../../i18n/node-text.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { itemKey } from '../../state/item-key.ts';
import { closeOverlay, showOverlay, useIsRenaming } from '../../state/overlay-store.ts';
import { NEW_PORT } from '../edits/join.ts';
import { movePort, type PortSide, removePort, renamePort } from '../edits/subgraph-ports.ts';
import { NameField } from '../name-field.tsx';
import { useRowDrag } from '../widgets/use-row-drag.ts';
import { Socket } from './socket.tsx';
import { useGraph, useTab } from './tab-context.ts';
import { useSocketsMoved } from './use-sockets-moved.ts';

interface PortsBodyProps {
  /** One of the two nodes of the ports. */
  readonly id: string;
  readonly declaration: NodeDeclaration;
}

/** The inputs or outputs of the subgraph on the canvas: to wire, rename, reorder and remove. */
export function PortsBody({ id, declaration }: PortsBodyProps) {
  const t = useText();
  const { store } = useTab();
  const list = useRef<HTMLOListElement>(null);
  const side: PortSide = id === INPUTS_NODE ? 'inputs' : 'outputs';
  const names = Object.keys(side === 'inputs' ? declaration.outputs : declaration.inputs);
  const definition = store.definition ?? '';
  const move = (from: number, to: number) => {
    const name = names[from];
    if (name !== undefined && from !== to)
      store.editDocument(t('history.port-moved'), (draft) => movePort(draft, definition, side, name, to));
  };
  const rows = useRowDrag(list, names.length, move);
  useSocketsMoved(id, names.join(' '));
  return (
    <div className="node-body ports" data-side={side}>
      <ol ref={list}>
        {rows.order.map((at) => (
          <PortRow
            key={names[at]}
            id={id}
            side={side}
            name={names[at] ?? ''}
            index={at}
            count={names.length}
            declaration={declaration}
            lifted={rows.lifted === at}
            onDrag={(event) => rows.start(event, at)}
            onMove={(by) => {
              const to = Math.min(names.length - 1, Math.max(0, at + by));
              rows.focus(to);
              move(at, to);
            }}
          />
        ))}
      </ol>
      <div className="node-row port-new">
        <span>{t(side === 'inputs' ? 'subgraph.new-input' : 'subgraph.new-output')}</span>
        <Socket
          side={side === 'inputs' ? 'output' : 'input'}
          node={id}
          name={NEW_PORT}
          type={undefined}
          optional
          hint={t(side === 'inputs' ? 'subgraph.new-input-hint' : 'subgraph.new-output-hint')}
          label={t(side === 'inputs' ? 'subgraph.new-input' : 'subgraph.new-output')}
        />
      </div>
    </div>
  );
}

interface PortRowProps extends PortsBodyProps {
  readonly side: PortSide;
  readonly name: string;
  readonly index: number;
  readonly count: number;
  readonly lifted: boolean;
  readonly onDrag: (event: React.PointerEvent<HTMLElement>) => void;
  readonly onMove: (by: number) => void;
}

function PortRow({ id, side, name, index, count, declaration, lifted, onDrag, onMove }: PortRowProps) {
  const t = useText();
  const words = useNodeText();
  const { store } = useTab();
  const catalogue = useCatalogue();
  const type = useGraph((graph) =>
    side === 'inputs' ? outputType(graph, catalogue, [id, name]) : inputType(graph, catalogue, [id, name]),
  );
  const label = words.field(declaration, name);
  const renaming = useIsRenaming(itemKey('node', id), name);
  const remove = () => {
    const { definition } = store;
    if (definition !== undefined)
      store.editDocument(t('history.port-removed', { name: label }), (draft) =>
        removePort(draft, definition, side, name),
      );
  };
  return (
    <li
      className="node-row port-row nodrag"
      data-row={index}
      data-port={name}
      data-lifted={lifted || undefined}
    >
      <button
        type="button"
        className="row-handle"
        aria-label={t('port.move', { name: label, index: index + 1, count })}
        title={t('rows.move-hint')}
        onPointerDown={onDrag}
        onKeyDown={(event) => {
          const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
          if (by) onMove(by);
          else if (event.key === 'F2') showOverlay({ kind: 'rename', item: itemKey('node', id), port: name });
          else if (event.key === 'Delete' || event.key === 'Backspace') remove();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        <GripVertical size={12} />
      </button>
      {renaming ? (
        <PortName id={id} side={side} name={name} title={label} />
      ) : (
        <span
          className="port-label"
          onDoubleClick={(event) => {
            event.stopPropagation();
            showOverlay({ kind: 'rename', item: itemKey('node', id), port: name });
          }}
        >
          {label}
        </span>
      )}
      <button
        type="button"
        className="row-remove"
        aria-label={t('port.removed', { name: label })}
        title={t('port.remove')}
        onClick={remove}
      >
        <X size={12} />
      </button>
      <Socket
        side={side === 'inputs' ? 'output' : 'input'}
        node={id}
        name={name}
        type={type}
        label={t(side === 'inputs' ? 'socket.output' : 'socket.input', { name: label })}
        hint={type && words.socket(sockets[type].label)}
      />
    </li>
  );
}

interface PortNameProps {
  readonly id: string;
  readonly side: PortSide;
  readonly name: string;
  readonly title: string;
}

function PortName({ side, name, title }: PortNameProps) {
  const t = useText();
  const { store } = useTab();
  const rename = (typed: string) => {
    const { definition } = store;
    if (definition === undefined) return;
    store.editDocument(t('history.port-renamed'), (draft) =>
      renamePort(draft, definition, side, name, typed),
    );
  };
  return <NameField label={t('port.name')} name={title} onName={rename} onLeave={closeOverlay} />;
}
