import type { Catalogue } from '../core/catalogue.ts';
import { isWidget, type Widget } from '../core/inputs.ts';
import { own } from '../core/own.ts';
import { readWidget } from '../core/widget-values.ts';
import { parseText, type WidgetJson } from '../document/overrides.ts';
import type { Document } from '../document/schema.ts';
import { definitionOf, nodeOf, titleOf } from './lookup.ts';

/** Values along one side of a sweep. */
export const MAX_AXIS_VALUES = 32;

/** An input of the graph, or one field in a row of a list, as a sweep names it. */
export interface SweepTarget {
  readonly node: string;
  readonly input: string;
  /** Row, counted from 1, and field of an input that is a list. */
  readonly row: { readonly index: number; readonly field: string } | undefined;
  /** The widget that takes the values. */
  readonly widget: Widget;
  /** What people call it, such as “Apply adapter strength”. */
  readonly title: string;
}

/** One value along an axis, as a document holds it, and what it is called in a picture. */
export interface AxisValue {
  readonly value: WidgetJson;
  readonly label: string;
}

/** Kinds of value that can be written one after another. */
const sweepable: ReadonlySet<Widget['kind']> = new Set([
  'int',
  'float',
  'seed',
  'seeds',
  'text',
  'boolean',
  'choice',
  'file',
]);

/** Every input of a node that a sweep can vary, by the name it has for one. */
export function sweepTargets(document: Document, catalogue: Catalogue, node: string): readonly SweepTarget[] {
  const definition = definitionOf(document, catalogue, node);
  const placed = nodeOf(document, node);
  if (!definition || !placed) return [];
  const title = titleOf(placed, definition);
  return Object.entries(definition.inputs).flatMap(([input, widget]): SweepTarget[] => {
    if (!isWidget(widget)) return [];
    if (sweepable.has(widget.kind))
      return [{ node, input, row: undefined, widget, title: `${title} ${input.replaceAll('_', ' ')}` }];
    if (widget.kind !== 'list') return [];
    const rows = own(placed.inputs, input) ?? widget.default;
    if (!Array.isArray(rows)) return [];
    return rows.flatMap((_, i) =>
      Object.entries(widget.item).map(([field, item]) => ({
        node,
        input,
        row: { index: i + 1, field },
        widget: item,
        title: `${title} ${i + 1} ${field.replaceAll('_', ' ')}`,
      })),
    );
  });
}

/** The name of a target in a document: `node.input`, or `node.input.row.field`. */
export const targetName = ({ node, input, row }: SweepTarget): string =>
  [node, input, ...(row ? [row.index, row.field] : [])].join('.');

/** The target of that name, or why there is none: a clause. */
export function findTarget(document: Document, catalogue: Catalogue, name: string): SweepTarget | string {
  const [node = ''] = name.split('.');
  if (!nodeOf(document, node)) return `there is no node ${node}`;
  return (
    sweepTargets(document, catalogue, node).find((target) => targetName(target) === name) ??
    `“${name}” is no value that can be varied`
  );
}

/** `1..4` counts by one; `0..1 in 5` is five values from the first to the last. */
const RANGE = /^(-?[\d.]+?)\s*\.\.\s*(-?[\d.]+)(?:\s+in\s+(\d+))?$/;

/** Numbers of a range; undefined for what is none, and empty for one that is too long to be meant. */
function rangeOf(text: string): readonly string[] | undefined {
  const [, first, last, amount] = RANGE.exec(text) ?? [];
  if (first === undefined || last === undefined) return undefined;
  if (amount === undefined) {
    if (!/^-?\d+$/.test(first) || !/^-?\d+$/.test(last)) return undefined;
    const [from, to] = [BigInt(first), BigInt(last)];
    const step = from <= to ? 1n : -1n;
    const count = (to - from) * step + 1n;
    return count > BigInt(MAX_AXIS_VALUES)
      ? tooMany
      : Array.from({ length: Number(count) }, (_, i) => String(from + BigInt(i) * step));
  }
  const count = Number(amount);
  if (count > MAX_AXIS_VALUES) return tooMany;
  return spread(Number(first), Number(last), count).map(String);
}

const tooMany: readonly string[] = Array.from({ length: MAX_AXIS_VALUES + 1 }, () => '0');

/** Evenly spaced numbers, without the dust of binary fractions. */
export const spread = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) =>
    Number((count > 1 ? from + ((to - from) * i) / (count - 1) : from).toPrecision(12)),
  );

const isNumeric = ({ kind }: Widget): boolean =>
  kind === 'int' || kind === 'float' || kind === 'seed' || kind === 'seeds';

/** What a person wrote as values, one by one: prompts a line each, all else also between commas. */
function splitValues(widget: Widget, text: string): readonly string[] {
  const items = text
    .split(widget.kind === 'text' ? /\n/ : /[\n,;]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return isNumeric(widget) ? items.flatMap((item) => rangeOf(item) ?? [item]) : items;
}

/**
 * Reads the values along an axis.
 * @returns them, or a sentence without its end about what is wrong
 */
export function axisValues(target: SweepTarget, text: string): readonly AxisValue[] | string {
  const { widget, row, input } = target;
  const items = splitValues(widget, text);
  if (items.length === 0) return 'There are no values to try';
  if (items.length > MAX_AXIS_VALUES) return `More than ${MAX_AXIS_VALUES} values are too many for one side`;
  const values: AxisValue[] = [];
  for (const item of items) {
    const value = parseText(widget, item);
    const reading = readWidget(widget, value);
    if (!reading.ok) return `${target.title} cannot be “${item.slice(0, 60)}”: ${reading.reason}`;
    values.push({ value, label: labelOf(widget, (row?.field ?? input).replaceAll('_', ' '), item) });
  }
  return values;
}

/** Numbers need their name beside them; words speak for themselves. */
function labelOf(widget: Widget, name: string, item: string): string {
  if (widget.kind === 'text' || widget.kind === 'choice') return item;
  if (widget.kind === 'file') return item.split('/').at(-1) ?? item;
  const isMeasure = widget.kind === 'int' || widget.kind === 'float';
  return `${name} ${isMeasure ? Number(Number(item).toPrecision(4)) : item}`;
}
