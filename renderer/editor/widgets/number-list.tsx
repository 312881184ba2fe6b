import type { NumberListWidget } from '../../../nodes/core/inputs.ts';
import { ListField } from './list-field.tsx';
import { inRange, numberText, typedNumber } from './number-text.ts';
import type { WidgetProps } from './widget-props.ts';

/** Numbers one after another, such as a step schedule written by hand. */
export function NumberList({ widget, value, set, label }: WidgetProps<NumberListWidget>) {
  const items = Array.isArray(value) ? value.map(numberText) : [];
  const range = { min: widget.min, max: widget.max, step: 1 };
  return (
    <ListField
      label={label}
      items={items}
      minItems={0}
      maxItems={widget.maxItems}
      parse={(text) => {
        const number = typedNumber(text);
        return number === undefined ? undefined : numberText(inRange(number, range));
      }}
      add={() => items.at(-1) ?? numberText(widget.min)}
      onChange={(texts) => set(texts.map(Number))}
    />
  );
}
