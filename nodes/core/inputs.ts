import { z } from 'zod';
import type { SocketType, SocketValues } from './sockets.ts';
import { invalid, type Validity, valid } from './validity.ts';

/** Kinds of file a workflow may name. Each is looked up in the folders registered for it, never as a path. */
export type FileKind = 'model' | 'text-encoder' | 'vae' | 'adapter' | 'image';

interface Described {
  /** Help for people, shown beside the input. */
  readonly doc?: string;
  /** Shown only when the node is unfolded. */
  readonly advanced?: boolean;
}

/** An input that is fed by a wire only. */
export interface SocketInput<T extends SocketType = SocketType, Optional extends boolean = boolean>
  extends Described {
  readonly kind: 'socket';
  readonly type: T;
  readonly optional: Optional;
}

/**
 * An input whose type follows what is wired to it; all inputs and outputs of a node that share a
 * `variable` have one type.
 */
export interface VariableInput extends Described {
  readonly kind: 'variable';
  readonly variable: string;
  readonly optional: boolean;
}

interface WidgetBase extends Described {
  /** May also be fed by a wire. */
  readonly wire: boolean;
}

export interface IntWidget extends WidgetBase {
  readonly kind: 'int';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export interface FloatWidget extends WidgetBase {
  readonly kind: 'float';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly slider: boolean;
  /** May change while the graph runs; never part of a session key. */
  readonly live: boolean;
}

export interface SeedWidget extends WidgetBase {
  readonly kind: 'seed';
  /** Decimal text, as in a document. */
  readonly default: string;
}

export interface TextWidget extends WidgetBase {
  readonly kind: 'text';
  readonly default: string;
  readonly multiline: boolean;
  readonly maxLength: number;
}

export interface BooleanWidget extends WidgetBase {
  readonly kind: 'boolean';
  readonly default: boolean;
}

export interface Choice {
  readonly value: string;
  readonly doc?: string;
}

export interface ChoiceWidget<V extends string = string> extends WidgetBase {
  readonly kind: 'choice';
  readonly default: V;
  readonly options: readonly (Choice & { readonly value: V })[];
}

export interface FileWidget extends WidgetBase {
  readonly kind: 'file';
  readonly fileKind: FileKind;
  /** The empty string stands for "none". */
  readonly default: string;
  readonly optional: boolean;
}

/** A list of plain numbers, such as explicit sigmas. */
export interface NumberListWidget extends WidgetBase {
  readonly kind: 'numbers';
  readonly default: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly maxItems: number;
}

/** A list of seeds. */
export interface SeedListWidget extends WidgetBase {
  readonly kind: 'seeds';
  /** Decimal texts, as in a document. */
  readonly default: readonly string[];
  readonly maxItems: number;
}

export type Widget =
  | IntWidget
  | FloatWidget
  | SeedWidget
  | TextWidget
  | BooleanWidget
  | ChoiceWidget
  | FileWidget
  | NumberListWidget
  | SeedListWidget;

export type NodeInput = SocketInput | VariableInput | Widget;
export type NodeInputs = Readonly<Record<string, NodeInput>>;

/** The value `run` receives for an input. */
export type InputValue<I> =
  I extends SocketInput<infer T, infer Optional>
    ? SocketValues[T] | (Optional extends false ? never : undefined)
    : I extends VariableInput
      ? unknown
      : I extends IntWidget | FloatWidget
        ? number
        : I extends SeedWidget | SeedListWidget
          ? readonly bigint[]
          : I extends TextWidget | FileWidget
            ? string
            : I extends BooleanWidget
              ? boolean
              : I extends ChoiceWidget<infer V>
                ? V
                : I extends NumberListWidget
                  ? readonly number[]
                  : never;

export const isWidget = (input: NodeInput): input is Widget =>
  input.kind !== 'socket' && input.kind !== 'variable';

/** The type of wire a widget takes, when it takes one. */
export function wireTypeOf(widget: Widget): SocketType | undefined {
  if (!widget.wire) return undefined;
  switch (widget.kind) {
    case 'int':
      return 'INT';
    case 'float':
      return 'FLOAT';
    case 'seed':
    case 'seeds':
      return 'SEED';
    case 'text':
      return 'TEXT';
    case 'boolean':
      return 'BOOLEAN';
    case 'numbers':
      return 'SIGMAS';
    case 'choice':
    case 'file':
      return undefined;
  }
}

// ---- declaring inputs ------------------------------------------------------------------------

type Options<W, Required extends keyof W = never> = Partial<Omit<W, 'kind' | Required>> & Pick<W, Required>;

export function socket<T extends SocketType>(
  type: T,
  options: Described & { optional: true },
): SocketInput<T, true>;
export function socket<T extends SocketType>(type: T, options?: Described): SocketInput<T, false>;
export function socket<T extends SocketType>(
  type: T,
  options: Described & { optional?: boolean } = {},
): SocketInput<T> {
  return { kind: 'socket', type, optional: false, ...options };
}

export const variable = (name: string, options: Described & { optional?: boolean } = {}): VariableInput => ({
  kind: 'variable',
  variable: name,
  optional: false,
  ...options,
});

export const int = (options: Options<IntWidget, 'default' | 'min' | 'max'>): IntWidget => ({
  kind: 'int',
  step: 1,
  wire: true,
  ...options,
});

export const float = (options: Options<FloatWidget, 'default' | 'min' | 'max'>): FloatWidget => ({
  kind: 'float',
  step: 0.01,
  slider: false,
  live: false,
  wire: true,
  ...options,
});

export const seed = (options: Options<SeedWidget> = {}): SeedWidget => ({
  kind: 'seed',
  default: '0',
  wire: true,
  ...options,
});

export const text = (options: Options<TextWidget> = {}): TextWidget => ({
  kind: 'text',
  default: '',
  multiline: false,
  maxLength: 20_000,
  wire: true,
  ...options,
});

export const boolean = (options: Options<BooleanWidget> = {}): BooleanWidget => ({
  kind: 'boolean',
  default: false,
  wire: true,
  ...options,
});

export const choice = <const V extends string>(
  options: readonly (V | (Choice & { readonly value: V }))[],
  rest: Described & { default?: NoInfer<V> } = {},
): ChoiceWidget<V> => {
  const normal = options.map((option) => (typeof option === 'string' ? { value: option } : option));
  const first = normal[0];
  if (!first) throw new RangeError('A choice needs at least one option.');
  return { kind: 'choice', wire: false, default: first.value, options: normal, ...rest };
};

export const file = (fileKind: FileKind, options: Options<FileWidget> = {}): FileWidget => ({
  kind: 'file',
  fileKind,
  default: '',
  optional: false,
  wire: false,
  ...options,
});

export const numbers = (options: Options<NumberListWidget, 'min' | 'max'>): NumberListWidget => ({
  kind: 'numbers',
  default: [],
  maxItems: 1001,
  wire: false,
  ...options,
});

export const seeds = (options: Options<SeedListWidget> = {}): SeedListWidget => ({
  kind: 'seeds',
  default: ['0'],
  maxItems: 256,
  wire: true,
  ...options,
});

// ---- values in a document --------------------------------------------------------------------

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
    case 'numbers':
      return z
        .array(numberIn(widget.min, widget.max), 'expected a list of numbers')
        .max(widget.maxItems, `expected at most ${widget.maxItems} numbers`);
    case 'seeds': {
      const count = `expected 1 to ${widget.maxItems} seeds`;
      return z.array(seedText, 'expected a list of seeds').min(1, count).max(widget.maxItems, count);
    }
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
  const item = issue?.path[0];
  const where = typeof item === 'number' ? ` (item ${item + 1})` : '';
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
