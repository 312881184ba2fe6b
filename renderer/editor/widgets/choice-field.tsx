import type { ChoiceWidget } from '../../../nodes/core/inputs.ts';
import { useNodeText } from '../../i18n/node-text.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import { useGraph } from '../flow/tab-context.ts';
import { Combo } from './combo.tsx';
import type { WidgetProps } from './widget-props.ts';

/** One of the options a node knows. */
export function ChoiceField({ widget, value, set, label, node, name }: WidgetProps<ChoiceWidget>) {
  const names = useNodeText();
  const catalogue = useCatalogue();
  const declaration = useGraph((document) => catalogue.get(document.nodes[node]?.type ?? ''));
  const current = String(value);
  return (
    <Combo
      label={label}
      value={current}
      bad={!widget.options.some((option) => option.value === current)}
      options={widget.options.map((option) => ({
        value: option.value,
        hint: names.option(declaration, name, option),
      }))}
      onChange={set}
    />
  );
}
