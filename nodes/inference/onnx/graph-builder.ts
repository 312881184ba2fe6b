import { UserError } from '../../core/errors.ts';
import type { ComputeType } from '../../core/precision.ts';
import { fromFloat32 } from '../checkpoints/float-narrowing.ts';
import { isOne, rowsOf } from '../checkpoints/weight-views.ts';
import {
  type BlockSource,
  isBlockSource,
  type WeightDtype,
  type WeightSource,
} from '../checkpoints/weights.ts';
import { quoted } from '../checkpoints/wording.ts';
import type { BlockMatrix, LinearWeight, RowSlices } from './block-matrix.ts';
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
  F8_E4M3: 'float8e4m3fn',
  F8_E5M2: 'float8e5m2',
};

/** What an operator gives: its type and shape, as inferred from the operands. */
type Inferred = Pick<Value, 'dtype' | 'shape'>;

export const attr = {
  int: (value: number): Attribute => ({ kind: 'int', value }),
  ints: (value: readonly number[]): Attribute => ({ kind: 'ints', value }),
  float: (value: number): Attribute => ({ kind: 'float', value }),
  string: (value: string): Attribute => ({ kind: 'string', value }),
};

const toType = (to: Dtype): Readonly<Record<string, Attribute>> => ({ to: attr.int(dtypeCodes[to]) });

const SLICE_BYTES = 2 ** 22;

/** Types the values of a graph can have between its operators. */
export type FloatType = 'float32' | 'float16';

/** Holds a graph while it is built: inputs, weights, constants, nodes, outputs. Operators are added by `Graph`. */
export class GraphBuilder {
  readonly compute: ComputeType;
  readonly floats: FloatType;
  readonly #name: string;
  readonly #scope: string;
  readonly #sliceWide: boolean;
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  /** Listed before all other nodes: the runtime then widens each weight right before its use and frees it after. */
  readonly #weightCasts: GraphNode[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #weights = new Map<string, Value>();
  readonly #blocks = new Map<string, BlockMatrix>();
  #count = 0;

  /**
   * @param options.sliceWide lets weights that have to be widened be so in slices of 4 MiB
   * @param options.scope goes before the names of all that is made here
   */
  constructor(
    name: string,
    compute: ComputeType = 'float32',
    options: { readonly sliceWide?: boolean; readonly scope?: string } = {},
  ) {
    this.#name = name;
    this.#scope = options.scope ?? '';
    this.compute = compute;
    this.floats = compute === 'float16' ? 'float16' : 'float32';
    this.#sliceWide = options.sliceWide ?? false;
  }

  input(name: string, dtype: Dtype, shape: readonly Dim[]): Value {
    const value = { name, dtype, shape };
    this.#inputs.push(value);
    return value;
  }

  /** A float32 input in the type of the graph's values. */
  real(name: string, shape: readonly Dim[]): Value {
    const input = this.input(name, 'float32', shape);
    if (this.floats === 'float32') return input;
    return this.emit('Cast', [input], { dtype: this.floats, shape }, toType(this.floats));
  }

  /** Makes a value an output of the graph under a name of its own; half precision is widened to float32. */
  output(name: string, { name: from, dtype, shape }: Value): void {
    const isHalf = dtype === 'float16';
    this.#nodes.push({
      op: isHalf ? 'Cast' : 'Identity',
      domain: '',
      name: `out_${name}`,
      inputs: [from],
      outputs: [name],
      attributes: isHalf ? toType('float32') : {},
    });
    this.#outputs.push({ name, dtype: isHalf ? 'float32' : dtype, shape });
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
   * A weight in the type of the graph's values, or in another one. Its bytes stay in the safetensors file; where they are of
   * another float type, a Cast converts them.
   * @param shape reads the elements in another grouping, such as a 1×1 convolution as a matrix
   * @throws UserError naming file and tensor where its type is no float of 32, 16 or 8 bits
   */
  weight(
    name: string,
    source: WeightSource,
    shape: readonly number[] = source.shape,
    type: ComputeType = this.floats,
  ): Value {
    const known = this.#weights.get(name);
    if (known) return known;
    const dtype = weightDtypes[source.dtype];
    if (!dtype)
      throw new UserError(
        `The tensor ${quoted(name)} of ${source.file} is stored as ${source.dtype}, which cannot be computed with.`,
        { hint: 'Use a version of this file in F32, F16 or BF16.' },
      );
    let value = this.#stored(name, dtype, source, shape);
    if (source.scale) value = this.#scaled(this.#castWeight(value, 'float32'), source.scale);
    if (value.dtype !== type) value = this.#castWeight(value, type);
    this.#weights.set(name, value);
    return value;
  }

  #castWeight({ name, shape }: Value, to: ComputeType): Value {
    const converted = `${name}:${to}`;
    this.#weightCasts.push({
      op: 'Cast',
      domain: '',
      name: `cast_${name}_${to}`,
      inputs: [name],
      outputs: [converted],
      attributes: toType(to),
    });
    return { name: converted, dtype: to, shape };
  }

  #scaled({ name, dtype, shape }: Value, scale: WeightSource): Value {
    const scaled = `${name}:scaled`;
    const perRow = shape.map((size, axis) => (axis === 0 && typeof size === 'number' ? size : 1));
    this.#weightCasts.push({
      op: 'Mul',
      domain: '',
      name: `scale_${name}`,
      inputs: [name, this.weight(`${name}:scale`, scale, isOne(scale) ? [] : perRow, 'float32').name],
      outputs: [scaled],
      attributes: {},
    });
    return { name: scaled, dtype, shape };
  }

  /** The weight [out, in] of a linear layer, which may be quantised, in the type its products are in. */
  linearWeight(name: string, source: WeightSource | BlockSource): LinearWeight {
    if (!isBlockSource(source))
      return this.#slices(name, source) ?? this.weight(name, source, source.shape, this.compute);
    const { bits, blockSize, shape, codes, scales, zeroPoints } = source;
    const known = this.#blocks.get(name);
    if (known) return known;
    const flat = (part: WeightSource) => [part.shape.reduce((all, size) => all * size, 1)];
    const matrix: BlockMatrix = {
      bits,
      blockSize,
      shape,
      codes: this.#stored(`${name}.codes`, 'uint8', codes, codes.shape),
      scales: this.weight(`${name}.scales`, scales, flat(scales)),
      zeroPoints: this.#stored(`${name}.zero_points`, 'uint8', zeroPoints, flat(zeroPoints)),
    };
    this.#blocks.set(name, matrix);
    return matrix;
  }

  /** A small constant that is part of the graph; floats are of the type of its values unless said otherwise. */
  constant(
    data: Float32Array | BigInt64Array,
    shape: readonly number[],
    floats: FloatType = this.floats,
  ): Value {
    const isInteger = data instanceof BigInt64Array;
    const dtype = isInteger ? 'int64' : floats;
    const name = `${this.#scope}constant_${this.#count++}`;
    const bytes = isInteger
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : fromFloat32(floats === 'float16' ? 'F16' : 'F32', data);
    this.#initializers.push({ name, dtype, shape, data: { kind: 'inline', bytes: bytes.slice() } });
    return { name, dtype, shape };
  }

  scalar = (value: number): Value => this.constant(Float32Array.of(value), []);

  integers = (values: readonly number[]): Value =>
    this.constant(
      BigInt64Array.from(values, (value) => BigInt(value)),
      [values.length],
    );

  /** Slices of a matrix that would take much memory when widened as a whole. */
  #slices(name: string, source: WeightSource): RowSlices | undefined {
    const [rows = 0, columns = 0] = source.shape;
    const wideBytes = rows * columns * Float32Array.BYTES_PER_ELEMENT;
    const isStored = weightDtypes[source.dtype] === this.compute;
    if (!this.#sliceWide || isStored || wideBytes <= SLICE_BYTES) return undefined;
    const step = Math.ceil(rows / Math.ceil(wideBytes / SLICE_BYTES));
    const slices: Value[] = [];
    for (let from = 0; from < rows; from += step)
      slices.push(this.weight(`${name}[${from}]`, rowsOf(source, from, Math.min(step, rows - from))));
    return { slices };
  }

  /** Bytes that stay in their file, as they are. */
  #stored(name: string, dtype: Dtype, source: WeightSource, shape: readonly number[]): Value {
    const { file, offset, byteLength: length } = source;
    this.#initializers.push({ name, dtype, shape, data: { kind: 'file', file, offset, length } });
    return { name, dtype, shape };
  }

  /** Adds an operator with several results; `operands` may leave optional inputs out as undefined. */
  protected emitAll(
    op: string,
    operands: readonly (Value | undefined)[],
    results: readonly Inferred[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value[] {
    const name = `${this.#scope}${op}_${this.#count++}`;
    const values = results.map((result, i) => ({ ...result, name: i > 0 ? `${name}_${i}` : name }));
    this.#nodes.push({
      op,
      domain,
      name,
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
