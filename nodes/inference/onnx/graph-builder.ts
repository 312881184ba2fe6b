import type { WeightDtype, WeightSource } from '../checkpoints/weights.ts';
import { refuse } from './shapes.ts';
import {
  type Attribute,
  type Dim,
  type Dtype,
  dtypeCodes,
  type GraphModel,
  type GraphNode,
  type Initializer,
  type Value,
} from './types.ts';

const weightDtypes: Partial<Record<WeightDtype, Dtype>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/** What an operator gives: its type and shape, as inferred from the operands. */
type Inferred = Pick<Value, 'dtype' | 'shape'>;

export const attr = {
  int: (value: number): Attribute => ({ kind: 'int', value }),
  ints: (value: readonly number[]): Attribute => ({ kind: 'ints', value }),
  float: (value: number): Attribute => ({ kind: 'float', value }),
  string: (value: string): Attribute => ({ kind: 'string', value }),
};

/** Holds a graph while it is built: inputs, weights, constants, nodes, outputs. Operators are added by `Graph`. */
export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  /** Listed before all other nodes: the runtime then widens each weight right before its use and frees it after. */
  readonly #weightCasts: GraphNode[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #weights = new Map<string, Value>();
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, dtype: Dtype, shape: readonly Dim[]): Value {
    const value = { name, dtype, shape };
    this.#inputs.push(value);
    return value;
  }

  /** Makes a value an output of the graph under a name of its own. */
  output(name: string, { name: from, dtype, shape }: Value): void {
    this.#nodes.push({
      op: 'Identity',
      domain: '',
      name: `out_${name}`,
      inputs: [from],
      outputs: [name],
      attributes: {},
    });
    this.#outputs.push({ name, dtype, shape });
  }

  build(): GraphModel {
    return {
      name: this.#name,
      nodes: [...this.#weightCasts, ...this.#nodes],
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }

  /**
   * A weight as float32. Its bytes stay in the safetensors file; bf16 and f16 are widened by a Cast.
   * @param shape reads the elements in another grouping, such as a 1×1 convolution as a matrix
   */
  weight(name: string, source: WeightSource, shape: readonly number[] = source.shape): Value {
    const known = this.#weights.get(name);
    if (known) return known;
    const dtype = weightDtypes[source.dtype];
    if (!dtype) throw new Error(`A graph cannot use ${source.dtype} weights as they are: ${name}.`);
    const { file, offset, byteLength: length } = source;
    this.#initializers.push({ name, dtype, shape, data: { kind: 'file', file, offset, length } });
    let value: Value = { name, dtype, shape };
    if (dtype !== 'float32') {
      const wide = `${name}:float32`;
      this.#weightCasts.push({
        op: 'Cast',
        domain: '',
        name: `cast_${name}`,
        inputs: [name],
        outputs: [wide],
        attributes: { to: attr.int(dtypeCodes.float32) },
      });
      value = { name: wide, dtype: 'float32', shape };
    }
    this.#weights.set(name, value);
    return value;
  }

  /** A small constant that is part of the graph. */
  constant(data: Float32Array | BigInt64Array, shape: readonly number[]): Value {
    const dtype = data instanceof Float32Array ? 'float32' : 'int64';
    const name = `constant_${this.#count++}`;
    const bytes = new Uint8Array(data.byteLength);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#initializers.push({ name, dtype, shape, data: { kind: 'inline', bytes } });
    return { name, dtype, shape };
  }

  scalar = (value: number): Value => this.constant(Float32Array.of(value), []);

  integers = (values: readonly number[]): Value =>
    this.constant(
      BigInt64Array.from(values, (value) => BigInt(value)),
      [values.length],
    );

  /** Adds an operator with several results; `operands` may leave optional inputs out as undefined. */
  protected emitAll(
    op: string,
    operands: readonly (Value | undefined)[],
    results: readonly Inferred[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value[] {
    const id = this.#count++;
    const values = results.map((result, i) => ({ ...result, name: `${op}_${id}${i > 0 ? `_${i}` : ''}` }));
    this.#nodes.push({
      op,
      domain,
      name: `${op}_${id}`,
      inputs: operands.map((operand) => operand?.name ?? ''),
      outputs: values.map(({ name }) => name),
      attributes,
    });
    return values;
  }

  /** Adds an operator with one result. */
  protected emit(
    op: string,
    operands: readonly (Value | undefined)[],
    result: Inferred,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value {
    const [value] = this.emitAll(op, operands, [result], attributes, domain);
    return value ?? refuse(op, [], 'it gives nothing');
  }
}
