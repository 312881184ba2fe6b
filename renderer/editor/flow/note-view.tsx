import { memo, useMemo } from 'react';
import { type NodeProps, NodeResizer } from 'reactflow';
import { useText } from '../../i18n/index.ts';
import { itemKey } from '../../state/item-key.ts';
import { closeOverlay, showOverlay, useIsRenaming } from '../../state/overlay-store.ts';
import { noteHtml } from '../note-html.ts';
import type { FlowNode } from './adapters.ts';
import { useGraph, useTab } from './tab-context.ts';
import { useResize } from './use-resize.ts';

/** A note in Markdown; double-click writes. */
export const NoteView = memo(function NoteView({ data: { id }, selected }: NodeProps<FlowNode>) {
  const t = useText();
  const tab = useTab();
  const note = useGraph((document) => document.notes?.[id]);
  const key = itemKey('note', id);
  const writing = useIsRenaming(key);
  const onResizeEnd = useResize('note', id);
  const source = note?.text || t('note.empty');
  const html = useMemo(() => noteHtml(source), [source]);
  if (!note) return null;
  const commit = (value: string) => {
    closeOverlay();
    if (value === note.text) return;
    tab.store.edit(t('note.edit'), ({ notes }) => {
      const draft = notes?.[id];
      if (draft) draft.text = value;
    });
  };
  return (
    <section
      className="note"
      data-selected={selected || undefined}
      data-empty={note.text === '' || undefined}
      style={note.color ? ({ '--group': note.color } as React.CSSProperties) : undefined}
    >
      <NodeResizer
        isVisible={selected && !writing}
        minWidth={120}
        minHeight={60}
        onResizeEnd={onResizeEnd}
        lineClassName="item-resize-line"
        handleClassName="item-resize-handle"
      />
      {writing ? (
        <textarea
          className="note-field nodrag nowheel"
          aria-label={t('note.edit')}
          defaultValue={note.text}
          maxLength={100_000}
          // biome-ignore lint/a11y/noAutofocus: the user just asked to write
          autoFocus
          onBlur={(event) => commit(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && commit(event.currentTarget.value)}
        />
      ) : (
        <div
          className="note-text"
          onDoubleClick={() => showOverlay({ kind: 'rename', item: key })}
          // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitized by noteHtml
          dangerouslySetInnerHTML={{ __html: html }}
        />
      )}
    </section>
  );
});
