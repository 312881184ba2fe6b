import type { InputValue, NodeInputs } from './inputs.ts';
import type { SocketType, SocketValues } from './sockets.ts';

/** What an output carries: a socket type, or the type variable it shares with some inputs. */
export type NodeOutput =
  | { readonly kind: 'socket'; readonly type: SocketType; readonly doc?: string; readonly label?: string }
  | { readonly kind: 'variable'; readonly variable: string; readonly doc?: string; readonly label?: string };
export type NodeOutputs = Readonly<Record<string, NodeOutput>>;

type OutputValue<O> = O extends { readonly kind: 'socket'; readonly type: infer T extends SocketType }
  ? SocketValues[T]
  : unknown;

export type InputValues<I extends NodeInputs> = { readonly [K in keyof I]: InputValue<I[K]> };
export type OutputValues<O extends NodeOutputs> = { readonly [K in keyof O]: OutputValue<O[K]> };

/** Brings the stored inputs of a node from version `to - 1` to version `to`. */
export interface NodeMigration {
  readonly to: number;
  readonly up: (inputs: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** The groups of the catalogue, in the order they are listed. */
export const nodeGroups = [
  'Models',
  'Prompts',
  'Latents',
  'Sampling',
  'Adapters',
  'Images',
  'Values',
  'Subgraphs',
] as const;
export type NodeGroup = (typeof nodeGroups)[number];

/** One side of a sweep: own inputs that say what is varied, and how. */
export type SweepAxis =
  | { readonly target: string; readonly values: string }
  | { readonly target: string; readonly from: string; readonly to: string; readonly count: string };

/** A node that has one of its inputs computed many times over, with other inputs of the graph changed. */
export interface SweepDeclaration {
  /** The input that is computed once for every cell. */
  readonly input: string;
  readonly columns: SweepAxis;
  readonly rows?: SweepAxis;
}

/**
 * What one kind of node looks like: plain data, all that an editor, a validator or `kronode nodes`
 * needs to know.
 */
export interface NodeDeclaration<I extends NodeInputs = NodeInputs, O extends NodeOutputs = NodeOutputs> {
  /** Identity for ever, `group.name`. */
  readonly type: string;
  /** Grows by one with every change of meaning, together with a migration. */
  readonly version: number;
  readonly title: string;
  readonly group: NodeGroup;
  readonly keywords?: readonly string[];
  /** Help for people: what the node does and when to use it. */
  readonly doc: string;
  readonly inputs: I;
  readonly outputs: O;
  /** False when equal inputs may give other outputs; such a node runs every time. */
  readonly pure?: boolean;
  /** `show` hands pictures to the user, `write` also leaves files. Such nodes are what a run is for. */
  readonly effect?: 'show' | 'write';
  readonly sweep?: SweepDeclaration;
}

/** A declaration with the functions that only the engine has. */
export interface NodeBehaviour {
  readonly migrations?: readonly NodeMigration[];
  /** Inputs that are computed only when `choose` names them, given the values of all others. */
  readonly lazy?: {
    readonly inputs: readonly string[];
    readonly choose: (values: Readonly<Record<string, unknown>>) => readonly string[];
  };
}

/**
 * Everything about one kind of node. The same inputs must give the same outputs unless `pure` is
 * false; what a node does to the world beyond its outputs is declared in `effect`. Inputs are
 * never changed in place.
 */
export interface NodeDefinition<Context, I extends NodeInputs, O extends NodeOutputs>
  extends NodeDeclaration<I, O>,
    NodeBehaviour {
  run(context: Context, inputs: InputValues<I>): Promise<OutputValues<O>> | OutputValues<O>;
  /**
   * What a node that writes does in a live run instead: it shows what it would write. Nodes without it
   * are left out of live runs.
   */
  rehearse?(context: Context, inputs: InputValues<I>): Promise<OutputValues<O>> | OutputValues<O>;
}

/** A node whose inputs and outputs are known only at run time. */
export interface AnyNodeDefinition<Context> extends NodeDeclaration, NodeBehaviour {
  run(
    context: Context,
    inputs: never,
  ): Promise<Readonly<Record<string, unknown>>> | Readonly<Record<string, unknown>>;
  rehearse?(
    context: Context,
    inputs: never,
  ): Promise<Readonly<Record<string, unknown>>> | Readonly<Record<string, unknown>>;
}

/** Declares an output of a fixed type. */
export const output = <const T extends SocketType>(type: T, doc?: string) =>
  doc === undefined ? ({ kind: 'socket', type } as const) : ({ kind: 'socket', type, doc } as const);

/** Declares an output whose type follows a type variable. */
export const variableOutput = (name: string, doc?: string) =>
  doc === undefined
    ? ({ kind: 'variable', variable: name } as const)
    : ({ kind: 'variable', variable: name, doc } as const);
