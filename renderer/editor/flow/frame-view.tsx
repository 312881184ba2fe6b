import { memo } from 'react';
import { type NodeProps, NodeResizer } from 'reactflow';
import { useText } from '../../i18n/index.ts';
import { itemKey } from '../../state/item-key.ts';
import { closeOverlay, showOverlay, useIsRenaming } from '../../state/overlay-store.ts';
import { NameField } from '../name-field.tsx';
import type { FlowNode } from './adapters.ts';
import { useGraph, useTab } from './tab-context.ts';
import { useResize } from './use-resize.ts';

/** A titled area under the nodes; what lies inside moves with it. */
export const FrameView = memo(function FrameView({ data: { id }, selected }: NodeProps<FlowNode>) {
  const t = useText();
  const tab = useTab();
  const frame = useGraph((document) => document.frames?.[id]);
  const key = itemKey('frame', id);
  const renaming = useIsRenaming(key);
  const onResizeEnd = useResize('frame', id);
  if (!frame) return null;
  const rename = (title: string) =>
    tab.store.edit(t('frame.rename'), ({ frames }) => {
      const draft = frames?.[id];
      if (draft) draft.title = title;
    });
  return (
    <section
      className="frame"
      data-selected={selected || undefined}
      style={frame.color ? ({ '--group': frame.color } as React.CSSProperties) : undefined}
      aria-label={frame.title}
    >
      <NodeResizer
        isVisible={selected}
        minWidth={120}
        minHeight={80}
        onResizeEnd={onResizeEnd}
        lineClassName="item-resize-line"
        handleClassName="item-resize-handle"
      />
      <header
        className="frame-handle frame-header"
        onDoubleClick={() => showOverlay({ kind: 'rename', item: key })}
      >
        {renaming ? (
          <NameField
            className="node-title-field nodrag"
            label={t('frame.title')}
            name={frame.title}
            onName={rename}
            onLeave={closeOverlay}
          />
        ) : (
          frame.title
        )}
      </header>
    </section>
  );
});
