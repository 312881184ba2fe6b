import { GripVertical, Plus, X } from 'lucide-react';
import { type PointerEvent as ReactPointerEvent, useRef, useState } from 'react';
import type { ListWidget, RowJson, RowWidget } from '../../../nodes/core/inputs.ts';
import { own } from '../../../nodes/core/own.ts';
import { tell } from '../../engine-client/run-session.ts';
import { useText } from '../../i18n/index.ts';
import { useNodeText } from '../../i18n/node-text.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { useGraph } from '../flow/tab-context.ts';
import { rowControlFor } from './row-controls.ts';
import { movedItem } from './row-edits.ts';
import { namesOfDropped } from './row-files.ts';
import { Toggle } from './toggle.tsx';
import { useRowDrag } from './use-row-drag.ts';
import type { WidgetProps } from './widget-props.ts';
import './row-list.css';

const SWITCH = 'enabled';

const isRow = (row: unknown): row is RowJson =>
  typeof row === 'object' && row !== null && !Array.isArray(row);

/**
 * Rows of values, each with the controls of its fields. Rows are dragged by their handle or moved with
 * the arrow keys on it; files dropped on the list become rows.
 */
export function RowList({ widget, value, set, label, node, name }: WidgetProps<ListWidget>) {
  const t = useText();
  const list = useRef<HTMLDivElement>(null);
  const [target, setTarget] = useState(false);
  const stored = Array.isArray(value) ? value.filter(isRow) : [];
  const fileField = Object.entries(widget.item).find(([, field]) => field.kind === 'file');
  const full = stored.length >= widget.maxItems;

  const write = (next: readonly RowJson[], gesture?: string) => set(next as RowJson[], gesture);
  const move = (from: number, to: number) => {
    if (from !== to) write(movedItem(stored, from, to));
  };
  const rows = useRowDrag(list, stored.length, move);
  const add = (extra: readonly RowJson[]) => {
    const room = widget.maxItems - stored.length;
    if (room > 0 && extra.length > 0) write([...stored, ...extra.slice(0, room)]);
  };

  const drop = async (files: readonly File[]) => {
    if (fileField?.[1].kind !== 'file') return;
    const [name, { fileKind }] = fileField;
    const found = await namesOfDropped(fileKind, files);
    add(found.map((file) => ({ [name]: file })));
  };
  const holdsFiles = (event: React.DragEvent) => fileField && event.dataTransfer.types.includes('Files');

  return (
    <div
      ref={list}
      className="row-list"
      data-target={target || undefined}
      onDragOver={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setTarget(true);
      }}
      onDragLeave={() => setTarget(false)}
      onDrop={(event) => {
        setTarget(false);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        void drop([...event.dataTransfer.files]).catch(tell);
      }}
    >
      <ol>
        {rows.order.map((at) => (
          <Row
            key={at}
            widget={widget}
            row={stored[at] ?? {}}
            index={at}
            count={stored.length}
            lifted={rows.lifted === at}
            node={node}
            list={name}
            label={label}
            onDrag={(event) => rows.start(event, at)}
            onMove={(by) => {
              const to = Math.min(stored.length - 1, Math.max(0, at + by));
              rows.focus(to);
              move(at, to);
            }}
            onRemove={() => {
              rows.focus(Math.max(0, at - 1));
              write(stored.toSpliced(at, 1));
            }}
            onField={(name, next, gesture) =>
              write(stored.with(at, { ...stored[at], [name]: next }), gesture)
            }
          />
        ))}
      </ol>
      <button type="button" className="row-add" disabled={full} onClick={() => add([{}])}>
        <Plus size={12} />
        {t(fileField ? 'rows.add-or-drop' : 'rows.add')}
      </button>
    </div>
  );
}

interface RowProps {
  readonly widget: ListWidget;
  readonly row: RowJson;
  readonly index: number;
  readonly count: number;
  readonly lifted: boolean;
  readonly node: string;
  /** Name of the list's input. */
  readonly list: string;
  readonly label: string;
  readonly onDrag: (event: ReactPointerEvent<HTMLElement>) => void;
  readonly onMove: (by: number) => void;
  readonly onRemove: () => void;
  readonly onField: (name: string, value: RowJson[string], gesture?: string) => void;
}

function Row({
  widget,
  row,
  index,
  count,
  lifted,
  node,
  list,
  label,
  onDrag,
  onMove,
  onRemove,
  onField,
}: RowProps) {
  const t = useText();
  const names = useNodeText();
  const catalogue = useCatalogue();
  const declaration = useGraph((document) => catalogue.get(document.nodes[node]?.type ?? ''));
  const fields = Object.entries(widget.item);
  const onOff = fields.find(([name, field]) => name === SWITCH && field.kind === 'boolean')?.[1];
  const [first, ...others] = fields.filter(([name]) => !(name === SWITCH && onOff));
  const isOn = !onOff || (own(row, SWITCH) ?? onOff.default) === true;
  const field = ([name, item]: readonly [string, RowWidget]) => {
    const Control = rowControlFor(item);
    return (
      <Control
        widget={item}
        value={own(row, name) ?? item.default}
        set={(next, gesture) =>
          onField(name, next as RowJson[string], gesture && `${gesture} ${index} ${name}`)
        }
        label={t('rows.field', { list: label, index: index + 1, field: names.field(declaration, name) })}
        node={node}
        name={name}
        within={{ input: list, index }}
      />
    );
  };
  return (
    <li className="row-item" data-row={index} data-off={!isOn || undefined} data-lifted={lifted || undefined}>
      <div className="row-head">
        <button
          type="button"
          className="row-handle"
          aria-label={t('rows.move', { index: index + 1, count })}
          title={t('rows.move-hint')}
          onPointerDown={onDrag}
          onKeyDown={(event) => {
            const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (by) onMove(by);
            else if (event.key === 'Delete' || event.key === 'Backspace') onRemove();
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        >
          <GripVertical size={12} />
        </button>
        {onOff?.kind === 'boolean' && (
          <Toggle
            widget={onOff}
            value={isOn}
            set={(on) => onField(SWITCH, on === true)}
            label={t('rows.enabled', { list: label, index: index + 1 })}
            node={node}
            name={SWITCH}
            bare
          />
        )}
        <div className="min-w-0 flex-1">{first && field(first)}</div>
        <button
          type="button"
          className="row-remove"
          aria-label={t('rows.remove', { index: index + 1 })}
          title={t('rows.remove', { index: index + 1 })}
          onClick={onRemove}
        >
          <X size={12} />
        </button>
      </div>
      {others.map((entry) => (
        <div
          key={entry[0]}
          className="row-field"
          data-live={('live' in entry[1] && entry[1].live) || undefined}
        >
          <span className="widget-label">{names.field(declaration, entry[0])}</span>
          {field(entry)}
        </div>
      ))}
    </li>
  );
}
