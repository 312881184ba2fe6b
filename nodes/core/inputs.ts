import type { CurvePoint } from './curve.ts';
import type { SocketType, SocketValues } from './sockets.ts';

/** Kinds of file a workflow may name. Each is looked up in the folders registered for it, never as a path. */
export type FileKind = 'model' | 'text-encoder' | 'vae' | 'adapter' | 'image';

interface Described {
  /** Help for people, shown beside the input. */
  readonly doc?: string;
  /** What people called it; without one its name is shown. */
  readonly label?: string;
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

/** Names another input of the graph, such as `sample.guidance` (see graph/sweep-axis.ts); empty for none. */
export interface TargetWidget extends WidgetBase {
  readonly kind: 'target';
  readonly default: string;
  /** Only inputs that hold a number. */
  readonly numeric: boolean;
}

/** A list of plain numbers, such as explicit sigmas. */
export interface NumberListWidget extends WidgetBase {
  readonly kind: 'numbers';
  readonly default: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly maxItems: number;
  /** May change while the graph runs; never part of a session key. */
  readonly live: boolean;
  /** Drawn as levels side by side, one for each bar the node shows; missing ones are 1. */
  readonly levels: boolean;
}

/** A list of seeds. */
export interface SeedListWidget extends WidgetBase {
  readonly kind: 'seeds';
  /** Decimal texts, as in a document. */
  readonly default: readonly string[];
  readonly maxItems: number;
}

/** A value that changes along a run: control points over x from 0 (its start) to 1 (its end), see `curveAt`. */
export interface CurveWidget extends WidgetBase {
  readonly kind: 'curve';
  readonly default: readonly CurvePoint[];
  /** Range of the values. */
  readonly min: number;
  readonly max: number;
  /** May change while the graph runs; never part of a session key. */
  readonly live: boolean;
  readonly maxPoints: number;
}

/** What a row of a list may be made of. */
export type RowWidget = IntWidget | FloatWidget | TextWidget | BooleanWidget | ChoiceWidget | FileWidget;
export type RowWidgets = Readonly<Record<string, RowWidget>>;
/** A row as a document holds it; what is not there has its default. */
export type RowJson = Readonly<Record<string, string | number | boolean>>;

/**
 * A list of small records, such as adapters with their strengths. A yes-or-no field called `enabled`
 * switches its row off, and an editor shows it so.
 */
export interface ListWidget<R extends RowWidgets = RowWidgets> extends WidgetBase {
  readonly kind: 'list';
  readonly item: R;
  readonly default: readonly RowJson[];
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
  | TargetWidget
  | NumberListWidget
  | SeedListWidget
  | CurveWidget
  | ListWidget;

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
          : I extends TextWidget | FileWidget | TargetWidget
            ? string
            : I extends BooleanWidget
              ? boolean
              : I extends ChoiceWidget<infer V>
                ? V
                : I extends NumberListWidget
                  ? readonly number[]
                  : I extends CurveWidget
                    ? readonly CurvePoint[]
                    : I extends ListWidget<infer R>
                      ? readonly { readonly [K in keyof R]: InputValue<R[K]> }[]
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
    case 'curve':
      return 'CURVE';
    case 'choice':
    case 'file':
    case 'target':
    case 'list':
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

export const target = (options: Options<TargetWidget> = {}): TargetWidget => ({
  kind: 'target',
  default: '',
  numeric: false,
  wire: false,
  ...options,
});

export const numbers = (options: Options<NumberListWidget, 'min' | 'max'>): NumberListWidget => ({
  kind: 'numbers',
  default: [],
  maxItems: 1001,
  live: false,
  levels: false,
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

export const curve = (options: Options<CurveWidget, 'default' | 'min' | 'max'>): CurveWidget => ({
  kind: 'curve',
  live: false,
  maxPoints: 64,
  wire: false,
  ...options,
});

export const list = <const R extends RowWidgets>(options: Options<ListWidget<R>, 'item'>): ListWidget<R> => ({
  kind: 'list',
  default: [],
  maxItems: 32,
  wire: false,
  ...options,
});
