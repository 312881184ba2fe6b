import type { ComponentType } from 'react';
import type { FloatWidget, RowWidget } from '../../../nodes/core/inputs.ts';
import { ChoiceField } from './choice-field.tsx';
import { FileField } from './file-field.tsx';
import { NumberField } from './number-field.tsx';
import { Slider } from './slider.tsx';
import { TextArea } from './text-area.tsx';
import { Toggle } from './toggle.tsx';
import type { WidgetProps } from './widget-props.ts';

/** The control for each kind of value that a row of a list may hold as well as a node. */
const controls: {
  readonly [K in RowWidget['kind']]: ComponentType<WidgetProps<Extract<RowWidget, { kind: K }>>>;
} = {
  int: NumberField,
  float: NumberField,
  text: TextArea,
  boolean: Toggle,
  choice: ChoiceField,
  file: FileField,
};

const isSlider = (widget: RowWidget): widget is FloatWidget => widget.kind === 'float' && widget.slider;

/** The component that edits a value that a row may hold. */
export const rowControlFor = (widget: RowWidget): ComponentType<WidgetProps> =>
  (isSlider(widget) ? Slider : controls[widget.kind]) as ComponentType<WidgetProps>;
