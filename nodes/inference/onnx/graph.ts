import { type BlockMatrix, isBlockMatrix, isRowSlices, type LinearWeight } from './block-matrix.ts';
import { attr, type FloatType, GraphBuilder } from './graph-builder.ts';
import { broadcast, productOf, refuse, reshaped } from './shapes.ts';
import { type Dim, type Dtype, dtypeCodes, type GraphModel, type Value } from './types.ts';

const MICROSOFT = 'com.microsoft';

/**
 * `accuracy_level` of MatMulNBits: activations are rounded to 8 bits, block by block. Twice as fast on a CPU
 * as the exact form, which for 8-bit weights has half the error.
 */
const BLOCK_ACCURACY = 4;

const sizeAt = (op: string, x: Value, axis: number): Dim =>
  x.shape.at(axis) ?? refuse(op, [x], `there is no axis ${axis}`);

const fixedSizeAt = (op: string, x: Value, axis: number): number => {
  const size = sizeAt(op, x, axis);
  return typeof size === 'number' ? size : refuse(op, [x], `the size of axis ${axis} must be fixed`);
};

const withSize = (shape: readonly Dim[], axis: number, size: Dim): Dim[] => shape.with(axis, size) as Dim[];

/**
 * A graph under construction. Every method adds one operator (or the few that make up a common
 * form), checks its operands and infers the shape of the result.
 */
export class Graph extends GraphBuilder {
  readonly #narrowed = new Map<string, Value>();

  // ---- elementwise -----------------------------------------------------------------------------

  add = (a: Value, b: Value): Value => this.#binary('Add', a, b);
  sub = (a: Value, b: Value): Value => this.#binary('Sub', a, b);
  mul = (a: Value, b: Value): Value => this.#binary('Mul', a, b);
  div = (a: Value, b: Value): Value => this.#binary('Div', a, b);
  tanh = (x: Value): Value => this.emit('Tanh', [x], x);
  sqrt = (x: Value): Value => this.emit('Sqrt', [x], x);
  silu = (x: Value): Value => this.mul(x, this.emit('Sigmoid', [x], x));

  identity = (x: Value): Value => this.emit('Identity', [x], x);

  cast = (x: Value, to: Dtype): Value =>
    this.emit('Cast', [x], { dtype: to, shape: x.shape }, { to: attr.int(dtypeCodes[to]) });

  #binary(op: string, a: Value, b: Value): Value {
    if (a.dtype !== b.dtype) return refuse(op, [a, b], 'the types differ');
    return this.emit(op, [a, b], { dtype: a.dtype, shape: broadcast(op, a, b) });
  }

  // ---- matrices --------------------------------------------------------------------------------

  /** x [rows, in] · weightᵀ + bias, with weight [out, in] and bias [out] as PyTorch stores them. */
  linear(x: Value, weight: LinearWeight, bias?: Value): Value {
    if (isBlockMatrix(weight) || isRowSlices(weight)) {
      const product = isBlockMatrix(weight)
        ? this.#blockLinear(x, weight)
        : this.concat(
            weight.slices.map((slice) => this.linear(x, slice)),
            1,
          );
      return bias ? this.add(product, bias) : product;
    }
    if (this.compute === 'bfloat16') {
      const product = this.cast(this.#gemm(this.#narrow(x), this.#narrow(weight)), this.floats);
      return bias ? this.add(product, bias) : product;
    }
    return this.#gemm(x, weight, bias);
  }

  #gemm(x: Value, weight: Value, bias?: Value): Value {
    const operands = bias ? [x, weight, bias] : [x, weight];
    if (x.shape.length !== 2 || weight.shape.length !== 2)
      return refuse('Gemm', operands, 'matrices are needed');
    if (x.shape[1] !== weight.shape[1]) return refuse('Gemm', operands, 'the inner sizes differ');
    const out = sizeAt('Gemm', weight, 0);
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out))
      return refuse('Gemm', operands, 'the bias does not fit');
    return this.emit(
      'Gemm',
      operands,
      { dtype: x.dtype, shape: [sizeAt('Gemm', x, 0), out] },
      { transB: attr.int(1) },
    );
  }

  /** In bfloat16; once for all layers that read the same value. */
  #narrow(x: Value): Value {
    if (x.dtype === 'bfloat16') return x;
    const narrowed = this.#narrowed.get(x.name) ?? this.cast(x, 'bfloat16');
    this.#narrowed.set(x.name, narrowed);
    return narrowed;
  }

  #blockLinear(x: Value, { bits, blockSize, shape, codes, scales, zeroPoints }: BlockMatrix): Value {
    const operands = [x, codes, scales, zeroPoints];
    const [out, inner] = shape;
    if (x.shape.length !== 2 || x.shape[1] !== inner || scales.dtype !== x.dtype)
      return refuse('MatMulNBits', operands, `x must be [rows, ${inner}] of the scales' type`);
    return this.emit(
      'MatMulNBits',
      operands,
      { dtype: x.dtype, shape: [sizeAt('MatMulNBits', x, 0), out] },
      {
        N: attr.int(out),
        K: attr.int(inner),
        bits: attr.int(bits),
        block_size: attr.int(blockSize),
        accuracy_level: attr.int(BLOCK_ACCURACY),
      },
      MICROSOFT,
    );
  }

  /** Batched product over the last two axes. */
  matmul(a: Value, b: Value): Value {
    if (a.shape.length < 2 || b.shape.length < 2) return refuse('MatMul', [a, b], 'matrices are needed');
    if (a.shape.at(-1) !== b.shape.at(-2)) return refuse('MatMul', [a, b], 'the inner sizes differ');
    const outer = broadcast(
      'MatMul',
      { ...a, shape: a.shape.slice(0, -2) },
      { ...b, shape: b.shape.slice(0, -2) },
    );
    return this.emit('MatMul', [a, b], {
      dtype: a.dtype,
      shape: [...outer, sizeAt('MatMul', a, -2), sizeAt('MatMul', b, -1)],
    });
  }

  // ---- shape -----------------------------------------------------------------------------------

  /** 0 keeps the size at that place, −1 takes what is left over. */
  reshape(x: Value, target: readonly number[]): Value {
    return this.emit('Reshape', [x, this.integers(target)], { dtype: x.dtype, shape: reshaped(x, target) });
  }

  /** Reshape to sizes that are fed when the graph runs: `target` is int64 [rank], `shape` what it will hold. */
  reshapeTo(x: Value, target: Value, shape: readonly Dim[]): Value {
    if (target.dtype !== 'int64' || target.shape[0] !== shape.length)
      return refuse('Reshape', [x, target], `the target must be int64[${shape.length}]`);
    if (productOf(x.shape) !== productOf(shape))
      return refuse('Reshape', [x, target], `it cannot become [${shape.join(', ')}]`);
    return this.emit('Reshape', [x, target], { dtype: x.dtype, shape });
  }

  /** Reshape to the shape another value has when the graph runs. */
  reshapeLike(x: Value, like: Value): Value {
    if (productOf(x.shape) !== productOf(like.shape))
      return refuse('Reshape', [x, like], 'the element counts differ');
    const target = this.emit('Shape', [like], { dtype: 'int64', shape: [like.shape.length] });
    return this.reshapeTo(x, target, like.shape);
  }

  /** Reshape to sizes that are known only when the graph runs; `shape` names them. */
  reshapeFreely(x: Value, target: Value, shape: readonly Dim[]): Value {
    if (target.dtype !== 'int64' || target.shape[0] !== shape.length)
      return refuse('Reshape', [x, target], `the target must be int64[${shape.length}]`);
    return this.emit('Reshape', [x, target], { dtype: x.dtype, shape });
  }

  transpose(x: Value, order: readonly number[]): Value {
    if (order.length !== x.shape.length)
      return refuse('Transpose', [x], `the order [${order.join(', ')}] does not fit`);
    const shape = order.map((axis) => sizeAt('Transpose', x, axis));
    return this.emit('Transpose', [x], { dtype: x.dtype, shape }, { perm: attr.ints(order) });
  }

  concat(parts: readonly Value[], axis: number): Value {
    const [first] = parts;
    if (!first) return refuse('Concat', parts, 'nothing to join');
    for (const part of parts) {
      const fits = part.shape.every((size, i) => i === axis || size === first.shape[i]);
      if (part.shape.length !== first.shape.length || !fits)
        return refuse('Concat', parts, 'the shapes do not fit');
    }
    const sizes = parts.map((part) => sizeAt('Concat', part, axis));
    const total = sizes.every((size) => typeof size === 'number')
      ? sizes.reduce((sum: number, size) => sum + size, 0)
      : sizes.join('+');
    return this.emit(
      'Concat',
      parts,
      { dtype: first.dtype, shape: withSize(first.shape, axis, total) },
      { axis: attr.int(axis) },
    );
  }

  /** Equal parts along an axis of fixed size. */
  split(x: Value, axis: number, count: number): Value[] {
    const size = fixedSizeAt('Split', x, axis);
    if (size % count !== 0) return refuse('Split', [x], `${size} cannot be cut into ${count}`);
    const part = { dtype: x.dtype, shape: withSize(x.shape, axis, size / count) };
    return this.emitAll(
      'Split',
      [x],
      Array.from({ length: count }, () => part),
      {
        axis: attr.int(axis),
        num_outputs: attr.int(count),
      },
    );
  }

  /** Parts of given sizes along the first axis. */
  cut(x: Value, sizes: readonly number[]): Value[] {
    const size = fixedSizeAt('Split', x, 0);
    if (sizes.reduce((sum, part) => sum + part, 0) !== size)
      return refuse('Split', [x], `it cannot be cut into ${sizes.join(' + ')}`);
    const parts = sizes.map((part) => ({ dtype: x.dtype, shape: withSize(x.shape, 0, part) }));
    return this.emitAll('Split', [x, this.integers(sizes)], parts, { axis: attr.int(0) });
  }

  /** Values of x [n] between two places that are known only when the graph runs, int64 [1] each. */
  between(x: Value, from: Value, to: Value): Value {
    if (x.shape.length !== 1) return refuse('Slice', [x, from, to], 'a vector is needed');
    return this.emit('Slice', [x, from, to], { dtype: x.dtype, shape: [`${from.name}:${to.name}`] });
  }

  /** `count` places from `from` on, along an axis of fixed size. */
  slice(x: Value, axis: number, from: number, count: number): Value {
    const size = fixedSizeAt('Slice', x, axis);
    if (from < 0 || count < 1 || from + count > size)
      return refuse('Slice', [x], `it has no places ${from} to ${from + count}`);
    const range = [[from], [from + count], [axis]].map((values) => this.integers(values));
    return this.emit('Slice', [x, ...range], { dtype: x.dtype, shape: withSize(x.shape, axis, count) });
  }

  /** Repeats along axes of size 1. `target` has 1 where an axis keeps its size. */
  expand(x: Value, target: readonly number[]): Value {
    const shape = broadcast('Expand', x, { name: 'target', dtype: 'int64', shape: target });
    return this.emit('Expand', [x, this.integers(target)], { dtype: x.dtype, shape });
  }

  // ---- normalisation and activation ------------------------------------------------------------

  /** x · rsqrt(mean(x²) + eps) · weight over the last axis. */
  rmsNorm(x: Value, weight: Value, epsilon: number): Value {
    if (weight.shape.length !== 1 || weight.shape[0] !== x.shape.at(-1))
      return refuse('SimplifiedLayerNormalization', [x, weight], 'the weight does not fit the last axis');
    return this.emit('SimplifiedLayerNormalization', [x, weight], x, {
      axis: attr.int(-1),
      epsilon: attr.float(epsilon),
    });
  }

  /** (x − mean) / √(variance + epsilon) · weight over the last axis, without a bias. */
  layerNorm(x: Value, weight: Value, epsilon: number): Value {
    if (weight.shape.length !== 1 || weight.shape[0] !== x.shape.at(-1))
      return refuse('LayerNormalization', [x, weight], 'the weight does not fit the last axis');
    return this.emit('LayerNormalization', [x, weight], x, {
      axis: attr.int(-1),
      epsilon: attr.float(epsilon),
    });
  }

  /**
   * GroupNorm of x [batch, channels, height, width] with weight and bias [channels]. As Reshape and
   * InstanceNormalization: the one form that every provider runs fast.
   */
  groupNorm(x: Value, groups: number, weight: Value, bias: Value, epsilon: number): Value {
    const channels = fixedSizeAt('GroupNorm', x, 1);
    if (x.shape.length !== 4 || channels % groups !== 0)
      return refuse('GroupNorm', [x, weight, bias], `the channels do not make ${groups} groups`);
    const grouped = this.reshape(x, [0, groups, -1]);
    const ones = this.constant(new Float32Array(groups).fill(1), [groups]);
    const zeros = this.constant(new Float32Array(groups), [groups]);
    const even = this.emit('InstanceNormalization', [grouped, ones, zeros], grouped, {
      epsilon: attr.float(epsilon),
    });
    const back = this.emit('Reshape', [even, this.emit('Shape', [x], { dtype: 'int64', shape: [4] })], x);
    const scaled = this.mul(back, this.reshape(weight, [1, channels, 1, 1]));
    return this.add(scaled, this.reshape(bias, [1, channels, 1, 1]));
  }

  softmax = (x: Value): Value => this.emit('Softmax', [x], x, { axis: attr.int(-1) });

  // ---- attention -------------------------------------------------------------------------------

  /**
   * Rotary positions: turns pairs of channels of every head of x [batch, tokens, heads · headDim] by
   * the token's angles. A pair is (2m, 2m + 1) when `adjacent`, else (m, m + headDim / 2).
   * @param cos,sin [tokens, headDim / 2]
   */
  rotate(x: Value, cos: Value, sin: Value, options: { readonly adjacent: boolean }): Value {
    const operands = [x, cos, sin];
    const half = fixedSizeAt('RotaryEmbedding', cos, 1);
    if (x.shape.length !== 3 || fixedSizeAt('RotaryEmbedding', x, 2) % (2 * half) !== 0)
      return refuse('RotaryEmbedding', operands, 'the tables do not fit the heads');
    for (const table of [cos, sin])
      if (table.shape.length !== 2 || table.shape[0] !== x.shape[1] || table.shape[1] !== half)
        return refuse('RotaryEmbedding', operands, 'the tables need a row for every token');
    // The position of the first token; those after it count up.
    const first = this.integers([0]);
    return this.emit(
      'RotaryEmbedding',
      [x, first, cos, sin],
      x,
      { interleaved: attr.int(options.adjacent ? 1 : 0) },
      MICROSOFT,
    );
  }

  /**
   * Full or causal attention over q, k, v [batch, tokens, heads · headDim] in one operator, which
   * never holds all scores at once on the CPU.
   * @param options.type what it is computed in, by default what q, k and v are
   */
  fusedAttention(
    q: Value,
    k: Value,
    v: Value,
    heads: number,
    options: { readonly causal?: boolean; readonly type?: FloatType | undefined } = {},
  ): Value {
    const { type } = options;
    if (type !== undefined && type !== q.dtype) {
      const parts = [q, k, v].map((value) => this.cast(value, type)) as [Value, Value, Value];
      return this.cast(this.fusedAttention(...parts, heads, options), this.floats);
    }
    const width = fixedSizeAt('MultiHeadAttention', q, 2);
    if (width % heads !== 0 || q.shape.length !== 3)
      return refuse('MultiHeadAttention', [q, k, v], `the width does not make ${heads} heads`);
    return this.emit(
      'MultiHeadAttention',
      [q, k, v],
      q,
      {
        num_heads: attr.int(heads),
        scale: attr.float(1 / Math.sqrt(width / heads)),
        ...(options.causal && { unidirectional: attr.int(1) }),
      },
      MICROSOFT,
    );
  }

  /**
   * The same from primitives, for providers whose fused operator is missing or wrong. `mask` is
   * added to the scores; heads are taken in `chunks` to bound the memory of the scores.
   */
  primitiveAttention(
    q: Value,
    k: Value,
    v: Value,
    heads: number,
    options: { mask?: Value; chunks?: number } = {},
  ): Value {
    const { mask, chunks = 1 } = options;
    const headDim = fixedSizeAt('attention', q, 2) / heads;
    const type = q.dtype === 'float16' ? 'float16' : 'float32';
    const scale = this.constant(Float32Array.of(1 / Math.sqrt(headDim)), [], type);
    const split = (x: Value, order: readonly number[]) => {
      const headed = this.transpose(this.reshape(x, [0, 0, heads, headDim]), order);
      return chunks === 1 ? [headed] : this.split(headed, 1, chunks);
    };
    const queries = split(this.mul(q, scale), [0, 2, 1, 3]);
    const keys = split(k, [0, 2, 3, 1]);
    const values = split(v, [0, 2, 1, 3]);
    const parts = queries.map((query, i) => {
      const [key, value] = [keys[i], values[i]];
      if (!key || !value) return refuse('attention', [q, k, v], 'the heads differ');
      const scores = this.matmul(query, key);
      return this.matmul(this.softmax(mask ? this.add(scores, mask) : scores), value);
    });
    const joined = parts.length === 1 && parts[0] ? parts[0] : this.concat(parts, 1);
    return this.reshape(this.transpose(joined, [0, 2, 1, 3]), [0, 0, -1]);
  }

  // ---- pictures --------------------------------------------------------------------------------

  /** x [batch, in, height, width] with weight [out, in, k, k]; `pads` are top, left, bottom, right. */
  conv(
    x: Value,
    weight: Value,
    bias: Value | undefined,
    options: { readonly stride?: number; readonly pads?: readonly [number, number, number, number] } = {},
  ): Value {
    const { stride = 1, pads = [0, 0, 0, 0] } = options;
    const [top, left, bottom, right] = pads;
    if (x.shape.length !== 4 || weight.shape.length !== 4 || x.shape[1] !== weight.shape[1])
      return refuse('Conv', [x, weight], 'the channels do not fit');
    const kernel = [fixedSizeAt('Conv', weight, 2), fixedSizeAt('Conv', weight, 3)] as const;
    const side = (axis: number, size: number, padding: number): Dim => {
      const given = sizeAt('Conv', x, axis);
      if (typeof given === 'number') return Math.floor((given + padding - size) / stride) + 1;
      return stride === 1 && padding === size - 1 ? given : `${given}/${stride}`;
    };
    const shape = [
      sizeAt('Conv', x, 0),
      sizeAt('Conv', weight, 0),
      side(2, kernel[0], top + bottom),
      side(3, kernel[1], left + right),
    ];
    return this.emit(
      'Conv',
      bias ? [x, weight, bias] : [x, weight],
      { dtype: x.dtype, shape },
      {
        kernel_shape: attr.ints(kernel),
        strides: attr.ints([stride, stride]),
        pads: attr.ints([top, left, bottom, right]),
      },
    );
  }

  /** Repeats every pixel of x [batch, channels, height, width] `factor` times along both sides. */
  resizeNearest(x: Value, factor: number): Value {
    if (x.shape.length !== 4) return refuse('Resize', [x], 'four axes are needed');
    const scales = this.constant(Float32Array.of(1, 1, factor, factor), [4], 'float32');
    const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
    const shape = [batch, channels, productOf([factor, height]), productOf([factor, width])];
    return this.emit(
      'Resize',
      [x, undefined, scales],
      { dtype: x.dtype, shape },
      {
        mode: attr.string('nearest'),
        coordinate_transformation_mode: attr.string('asymmetric'),
        nearest_mode: attr.string('floor'),
      },
    );
  }

  // ---- control ---------------------------------------------------------------------------------

  /**
   * One of two sub-graphs, chosen when the graph runs; both may use values of this graph by name.
   * @param condition bool scalar
   */
  when(condition: Value, then: GraphModel, otherwise: GraphModel): Value {
    const [result] = then.outputs;
    if (condition.dtype !== 'bool' || !result || then.outputs.length !== 1 || otherwise.outputs.length !== 1)
      return refuse('If', [condition], 'a bool and two sub-graphs with one output each are needed');
    return this.emit('If', [condition], result, {
      then_branch: { kind: 'graph', value: then },
      else_branch: { kind: 'graph', value: otherwise },
    });
  }
}
