import { z } from 'zod';
import type { CurvePoint } from './curve.ts';
import { type FileKind, isWidget, type NodeInputs, type RowWidgets, type Widget } from './inputs.ts';
import { sameJson } from './same-json.ts';
import { invalid, type Validity, valid } from './validity.ts';

const MAX_SEED = 2n ** 64n - 1n;
const SEED_RANGE = `expected a whole number from 0 to ${MAX_SEED}`;

/** A seed as a document holds it: decimal text, because JSON numbers end at 2^53. */
const seedText = z
  .union([z.number().int().nonnegative().transform(String), z.string()], SEED_RANGE)
  .pipe(z.string().regex(/^\d{1,20}$/, SEED_RANGE))
  .transform((digits) => BigInt(digits))
  .refine((value) => value <= MAX_SEED, SEED_RANGE);

const numberIn = (min: number, max: number) => {
  const range = `expected a number from ${min} to ${max}`;
  return z.number(range).min(min, range).max(max, range);
};

const textUpTo = (length: number) =>
  z.string('expected a text').max(length, `expected at most ${length} characters`);

const isAscending = (points: readonly CurvePoint[]): boolean =>
  points.every(([x], i) => x > (points[i - 1]?.[0] ?? -1));

/** What a file leaves out has its default, and what the node does not know is passed over. */
const rowOf = (item: RowWidgets) =>
  z.object(
    Object.fromEntries(
      Object.entries(item).map(([name, field]) => [name, schemaOf(field).prefault(field.default)]),
    ),
    'expected a row of values',
  );

function schemaOf(widget: Widget): z.ZodType {
  switch (widget.kind) {
    case 'int':
      return numberIn(widget.min, widget.max).int('expected a whole number');
    case 'float':
      return numberIn(widget.min, widget.max);
    case 'seed':
      return seedText.transform((value) => [value]);
    case 'text':
      return textUpTo(widget.maxLength);
    case 'boolean':
      return z.boolean('expected yes or no');
    case 'choice': {
      const values = widget.options.map((option) => option.value);
      return z.enum(values, `expected one of ${values.join(', ')}`);
    }
    case 'file':
      return textUpTo(1024).refine((name) => widget.optional || name !== '', 'no file is chosen');
    case 'target':
      return textUpTo(512);
    case 'numbers':
      return z
        .array(numberIn(widget.min, widget.max), 'expected a list of numbers')
        .max(widget.maxItems, `expected at most ${widget.maxItems} numbers`);
    case 'seeds': {
      const count = `expected 1 to ${widget.maxItems} seeds`;
      return z.array(seedText, 'expected a list of seeds').min(1, count).max(widget.maxItems, count);
    }
    case 'curve': {
      const point = z.tuple([numberIn(0, 1), numberIn(widget.min, widget.max)], 'expected a point [x, y]');
      const count = `expected 1 to ${widget.maxPoints} points`;
      return z
        .array(point, 'expected a list of points')
        .min(1, count)
        .max(widget.maxPoints, count)
        .refine(isAscending, 'expected points from left to right');
    }
    case 'list':
      return z
        .array(rowOf(widget.item), 'expected a list of rows')
        .max(widget.maxItems, `expected at most ${widget.maxItems} rows`);
  }
}

const schemas = new WeakMap<Widget, z.ZodType>();

/** Reads a widget's value from a document: the value `run` gets, or what is wrong with it. */
export function readWidget(
  widget: Widget,
  raw: unknown,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string } {
  const schema = schemas.get(widget) ?? schemaOf(widget);
  schemas.set(widget, schema);
  const result = schema.safeParse(raw);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  const [item, field] = issue?.path ?? [];
  const name = typeof field === 'string' ? `, ${field}` : '';
  const where = typeof item === 'number' ? ` (item ${item + 1}${name})` : '';
  return { ok: false, reason: `${issue?.message ?? 'not a valid value'}${where}` };
}

/** May a value that arrived by wire go into this widget? Wires carry the right type, but any amount of it. */
export function checkWired(widget: Widget, value: unknown): Validity {
  if (widget.kind === 'seed' || widget.kind === 'seeds') {
    const count = (value as readonly bigint[]).length;
    const most = widget.kind === 'seed' ? 1 : widget.maxItems;
    if (count >= 1 && count <= most) return valid;
    return invalid(`expected ${most === 1 ? 'one seed' : `1 to ${most} seeds`}, got ${count}`);
  }
  const result = readWidget(widget, value);
  return result.ok ? valid : invalid(result.reason);
}

/** Every file that the values of a node name, those in the rows of its lists too; empty names are none. */
export function filesNamed(
  inputs: NodeInputs,
  values: Readonly<Record<string, unknown>>,
): { readonly input: string; readonly kind: FileKind; readonly name: string }[] {
  return Object.entries(inputs).flatMap(([input, widget]) => {
    if (!isWidget(widget) || !Object.hasOwn(values, input)) return [];
    if (widget.kind === 'file') {
      const name = values[input];
      return typeof name === 'string' && name !== '' ? [{ input, kind: widget.fileKind, name }] : [];
    }
    if (widget.kind !== 'list') return [];
    const rows = values[input] as readonly Readonly<Record<string, unknown>>[];
    return rows.flatMap((row) => filesNamed(widget.item, row).map((file) => ({ ...file, input })));
  });
}

/**
 * May a value go from one to the other while the graph runs? Both as a document holds them, undefined
 * where it leaves the default.
 */
export function isLiveChange(widget: Widget, from: unknown, to: unknown): boolean {
  if (widget.kind === 'float' || widget.kind === 'curve' || widget.kind === 'numbers') return widget.live;
  if (widget.kind !== 'list') return false;
  const [before, after] = [from ?? widget.default, to ?? widget.default];
  if (!Array.isArray(before) || !Array.isArray(after)) return false;
  if (before.length !== after.length) return false;
  const live = Object.entries(widget.item).flatMap(([name, field]) =>
    field.kind === 'float' && field.live ? [name] : [],
  );
  const fixed = (row: object) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !live.includes(name)));
  return before.every((row, i) => sameJson(fixed(Object(row)), fixed(Object(after[i]))));
}
