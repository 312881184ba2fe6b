/** Element types of graph values. */
export type Dtype =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float64'
  | 'float8e4m3fn'
  | 'float8e5m2'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'int4'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'uint4'
  | 'bool';

/** ONNX TensorProto.DataType. */
export const dtypeCodes: Readonly<Record<Dtype, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e5m2: 19,
  uint4: 21,
  int4: 22,
};

/** A size, or the name of one that is known only when the graph runs. */
export type Dim = number | string;

/** An edge of the graph: what an operator gives and others take. */
export interface Value {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly Dim[];
}

export type Attribute =
  | { readonly kind: 'int' | 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'graph'; readonly value: GraphModel };

export interface GraphNode {
  readonly op: string;
  /** Empty for ONNX itself, `com.microsoft` for the runtime's own operators. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** A node of somebody else's graph, written as it was encoded there; the other fields describe it. */
  readonly encoded?: Uint8Array;
  /** All that such a node reads, by itself or in its branches. */
  readonly uses?: readonly string[];
}

export interface Initializer {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data:
    | { readonly kind: 'inline'; readonly bytes: Uint8Array }
    /** Bytes that stay in their file; `file` is an absolute path. */
    | { readonly kind: 'file'; readonly file: string; readonly offset: number; readonly length: number }
    /** A small tensor of somebody else's graph, written as it was encoded there. */
    | { readonly kind: 'encoded'; readonly bytes: Uint8Array };
}

export interface GraphModel {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Versions of the operator sets by domain, where they are not our own graphs'. */
  readonly opsets?: Readonly<Record<string, number>>;
}
