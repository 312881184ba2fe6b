import type { ComponentType } from 'react';
import type { RowWidget, Widget } from '../../../nodes/core/inputs.ts';
import { CurveField } from './curve-field.tsx';
import { LevelsField } from './levels-field.tsx';
import { NumberList } from './number-list.tsx';
import { rowControlFor } from './row-controls.ts';
import { RowList } from './row-list.tsx';
import { SeedField, SeedListField } from './seed-field.tsx';
import { TargetField } from './target-field.tsx';
import type { WidgetProps } from './widget-props.ts';

type LargeWidget = Exclude<Widget, RowWidget>;

/** The control for each kind of value that only a node holds. A new kind is one entry here. */
const controls: {
  readonly [K in LargeWidget['kind']]: ComponentType<WidgetProps<Extract<LargeWidget, { kind: K }>>>;
} = {
  seed: SeedField,
  seeds: SeedListField,
  numbers: NumberList,
  curve: CurveField,
  list: RowList,
  target: TargetField,
};

const isLevels = (widget: Widget): boolean => widget.kind === 'numbers' && widget.levels;
const isLarge = (widget: Widget): widget is LargeWidget => Object.hasOwn(controls, widget.kind);

/** The component that edits a widget's value. */
export const controlFor = (widget: Widget): ComponentType<WidgetProps> =>
  isLevels(widget)
    ? (LevelsField as ComponentType<WidgetProps>)
    : isLarge(widget)
      ? (controls[widget.kind] as ComponentType<WidgetProps>)
      : rowControlFor(widget);

/** These take the whole width, under their label. */
export const isWide = (widget: Widget): boolean =>
  isLevels(widget) ||
  widget.kind === 'curve' ||
  widget.kind === 'list' ||
  (widget.kind === 'text' && widget.multiline);
