import { useLayoutEffect, useRef } from 'react';
import type { TextWidget } from '../../../nodes/core/inputs.ts';
import { useNodeText } from '../../i18n/node-text.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { newGesture } from '../../state/gesture.ts';
import { useGraph } from '../flow/tab-context.ts';
import type { WidgetProps } from './widget-props.ts';

/** Text; what is typed between coming and going is one step of undo. Long texts grow the node, up to a limit. */
export function TextArea({ widget, value, set, label, node, name, within }: WidgetProps<TextWidget>) {
  const names = useNodeText();
  const declaration = useCatalogue().get(useGraph(({ nodes }) => nodes[node]?.type ?? ''));
  const field = useRef<HTMLTextAreaElement>(null);
  const gesture = useRef('');
  const current = typeof value === 'string' ? value : '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [current]);
  const common = {
    'aria-label': label,
    value: current,
    maxLength: widget.maxLength,
    spellCheck: false,
    onFocus: () => {
      gesture.current = newGesture('text');
    },
    onKeyDown: (event: React.KeyboardEvent<HTMLElement>) => {
      if (event.key === 'Escape') event.currentTarget.blur();
    },
  };
  if (!widget.multiline)
    return (
      <input
        {...common}
        className="control px-2"
        onChange={(event) => set(event.target.value, gesture.current)}
      />
    );
  return (
    <textarea
      {...common}
      ref={field}
      rows={2}
      className="control text-area nowheel"
      placeholder={declaration && !within ? names.doc(declaration, name) : undefined}
      onChange={(event) => set(event.target.value, gesture.current)}
    />
  );
}
