import type { ComponentType } from 'react';
import type { FloatWidget, Widget } from '../../../nodes/core/inputs.ts';
import { ChoiceField } from './choice-field.tsx';
import { FileField } from './file-field.tsx';
import { NumberField } from './number-field.tsx';
import { NumberList } from './number-list.tsx';
import { SeedField, SeedListField } from './seed-field.tsx';
import { Slider } from './slider.tsx';
import { TextArea } from './text-area.tsx';
import { Toggle } from './toggle.tsx';
import type { WidgetProps } from './widget-props.ts';

/** The control for each kind of value. A new kind is one entry here. */
const controls: { readonly [K in Widget['kind']]: ComponentType<WidgetProps<Extract<Widget, { kind: K }>>> } =
  {
    int: NumberField,
    float: NumberField,
    seed: SeedField,
    seeds: SeedListField,
    text: TextArea,
    boolean: Toggle,
    choice: ChoiceField,
    file: FileField,
    numbers: NumberList,
  };

const isSlider = (widget: Widget): widget is FloatWidget => widget.kind === 'float' && widget.slider;

/** The component that edits a widget's value. */
export const controlFor = (widget: Widget): ComponentType<WidgetProps> =>
  (isSlider(widget) ? Slider : controls[widget.kind]) as ComponentType<WidgetProps>;

/** These take the whole width, under their label. */
export const isWide = (widget: Widget): boolean => widget.kind === 'text' && widget.multiline;
