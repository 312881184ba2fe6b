import type { ChoiceWidget } from '../../../nodes/core/inputs.ts';
import { Combo } from './combo.tsx';
import type { WidgetProps } from './widget-props.ts';

/** One of the options a node knows. */
export function ChoiceField({ widget, value, set, label }: WidgetProps<ChoiceWidget>) {
  const current = String(value);
  return (
    <Combo
      label={label}
      value={current}
      bad={!widget.options.some((option) => option.value === current)}
      options={widget.options.map((option) => ({ value: option.value, hint: option.doc }))}
      onChange={set}
    />
  );
}
