import type { Widget } from '../../../nodes/core/inputs.ts';
import type { InputJson } from '../flow/node-actions.ts';

/** What every control of a value is given. */
export interface WidgetProps<W extends Widget = Widget> {
  readonly widget: W;
  readonly value: InputJson;
  /** Writes the value into the document. Calls with the same gesture are one step of undo. */
  readonly set: (value: InputJson, gesture?: string) => void;
  /** Name for screen readers. */
  readonly label: string;
  readonly node: string;
  readonly name: string;
  /** Of a field in a row of a list: that list's name and the row. */
  readonly within?: { readonly input: string; readonly index: number };
}
