import { memo, useCallback } from 'react';
import type { Widget } from '../../../nodes/core/inputs.ts';
import { useText } from '../../i18n/index.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import { type InputJson, setInput } from '../flow/node-actions.ts';
import { useTab } from '../flow/tab-context.ts';
import { controlFor, isWide } from './registry.ts';
import { scrub } from './use-scrub.ts';

interface WidgetRowProps {
  readonly node: string;
  readonly name: string;
  readonly label: string;
  readonly hint: string | undefined;
  readonly widget: Widget;
  readonly value: InputJson;
  /** A wire feeds it: the value on the node waits unused. */
  readonly wired: boolean;
}

/** Label and control of one value. Numbers are scrubbed by their label. */
export const WidgetRow = memo(function WidgetRow({
  node,
  name,
  label,
  hint,
  widget,
  value,
  wired,
}: WidgetRowProps) {
  const t = useText();
  const { store } = useTab();
  const set = useCallback(
    (next: InputJson, gesture?: string) =>
      store.edit(t('node.set', { name: label }), (draft) => setInput(draft, node, name, next), {
        ...(gesture && { merge: `${gesture} ${node} ${name}` }),
      }),
    [store, t, label, node, name],
  );
  const Control = controlFor(widget);
  const number = widget.kind === 'int' || widget.kind === 'float' ? widget : undefined;
  const onScrub =
    number && !wired ? scrub({ value, range: number, whole: number.kind === 'int', set }) : undefined;
  return (
    <div
      // Shift is fine here, where on the canvas it draws a box.
      className="widget-row nodrag nopan nokey"
      data-wide={isWide(widget) || undefined}
      data-wired={wired || undefined}
      data-input={name}
    >
      <Tooltip text={hint} side="left">
        <span
          className="widget-label"
          data-scrub={onScrub !== undefined || undefined}
          onPointerDown={onScrub}
        >
          {label}
        </span>
      </Tooltip>
      {wired ? (
        <span className="widget-wired">{t('widget.wired')}</span>
      ) : (
        <Control widget={widget} value={value} set={set} label={label} node={node} name={name} />
      )}
    </div>
  );
});
