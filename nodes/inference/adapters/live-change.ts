import { rowsOf as rowsOfSource } from '../checkpoints/weight-views.ts';
import type { LinearWeight } from '../onnx/block-matrix.ts';
import type { Graph } from '../onnx/graph.ts';
import type { Value } from '../onnx/types.ts';
import {
  type AdapterModule,
  type Chain,
  chainSize,
  type Link,
  productSize,
  type StoredMatrix,
} from './adapter.ts';
import { rowsOf } from './delta.ts';
import { kroneckerProduct } from './kronecker.ts';
import type { LiveModule } from './live-adapter.ts';

/** A linear layer that a graph has just computed. */
export interface LinearCall {
  /** Diffusers name, such as `layers.0.attention.to_q`. */
  readonly module: string;
  /** [rows, in] */
  readonly x: Value;
  /** [out, in] */
  readonly weight: LinearWeight;
  readonly bias: Value | undefined;
  /** x · weightᵀ + bias, [rows, out]. */
  readonly y: Value;
}

/** Operators of one adapter's change of one layer. */
export class LiveChange {
  /** Where operators go. */
  readonly #graph: Graph;
  /** Where weights are declared: the runtime maps only the outer graph's into memory. */
  readonly #weights: Graph;
  readonly #call: LinearCall;

  constructor(graph: Graph, weights: Graph, call: LinearCall) {
    this.#graph = graph;
    this.#weights = weights;
    this.#call = call;
  }

  /** s · change(x), [rows, out]. */
  of({ module, gains }: LiveModule, strength: Value): Value {
    const graph = this.#graph;
    const { x } = this.#call;
    if (module.dora === undefined || gains === undefined) return this.#delta(module, x, strength);
    const one = graph.constant(Float32Array.of(1), [1]);
    if (module.dora.axis === 'out') {
      // g · (W x + ΔW x) − W x
      const gain = graph.constant(gains, [gains.length]);
      const less = graph.constant(
        gains.map((value) => value - 1),
        [gains.length],
      );
      const change = graph.add(graph.mul(this.#base(), less), graph.mul(this.#delta(module, x, one), gain));
      return graph.mul(change, strength);
    }
    // (W + ΔW)(g · x) − W x
    const scaled = graph.mul(x, graph.constant(gains, [gains.length]));
    const adapted = graph.add(graph.linear(scaled, this.#call.weight), this.#delta(module, scaled, one));
    return graph.mul(graph.sub(adapted, this.#base()), strength);
  }

  /** W x, without the bias. */
  #base(): Value {
    const { y, bias } = this.#call;
    return bias === undefined ? y : this.#graph.sub(y, bias);
  }

  /** strength · ΔW x */
  #delta(module: AdapterModule, x: Value, strength: Value): Value {
    const graph = this.#graph;
    const { scale } = module;
    const factor = scale === 1 ? strength : graph.mul(strength, graph.constant(Float32Array.of(scale), [1]));
    switch (module.family) {
      case 'lokr':
        return this.#lokr(module, x, factor);
      case 'lora':
        return this.#rows(this.#chain(x, module.product, factor), module, 0);
      case 'loha':
        return this.#rows(this.#loha(module, x, factor), module, 0);
    }
  }

  /**
   * (f·w1 ⊗ w2) x through the Kronecker structure: with X = x as [in1, in2], f·w1 · X · w2ᵀ. The
   * cheaper of the two products comes first.
   */
  #lokr(module: AdapterModule & { readonly family: 'lokr' }, x: Value, factor: Value): Value {
    const graph = this.#graph;
    const [s1, s2] = [chainSize(module.w1), chainSize(module.w2)];
    // Of a stacked q, k and v, the rows of w1 that reach into this layer.
    const range = rowsOf(module);
    const first = Math.floor(range.from / s2.rows);
    const o1 = Math.ceil((range.from + range.count) / s2.rows) - first;
    const w1 = graph.mul(this.#dense(firstRows(module.w1, first, o1)), factor);

    const perInner = chainCost(module.w2);
    const secondFirst = s1.columns * perInner + o1 * s1.columns * s2.rows;
    const firstFirst = o1 * s1.columns * s2.columns + o1 * perInner;
    let product: Value;
    if (secondFirst <= firstFirst) {
      product = kroneckerProduct(graph, x, {
        w1,
        apart: (whole) => graph.reshape(whole, [-1, s2.columns]),
        second: (lines) => this.#chain(lines, module.w2),
        together: (lines) => graph.reshape(lines, [-1, s1.columns, s2.rows]),
      });
    } else {
      const outer = graph.matmul(w1, graph.reshape(x, [-1, s1.columns, s2.columns]));
      product = this.#chain(graph.reshape(outer, [-1, s2.columns]), module.w2);
    }
    return this.#rows(graph.reshape(product, [-1, o1 * s2.rows]), module, first * s2.rows);
  }

  /**
   * (A₁B₁ ∘ A₂B₂) x. The elementwise product has the factors A₁ ∗ A₂ and B₁ ∗ B₂ (their rows, or
   * columns, multiplied pairwise) of rank r₁r₂; where that is no smaller than the layer, the product
   * itself is made.
   */
  #loha(module: AdapterModule & { readonly family: 'loha' }, x: Value, factor: Value): Value {
    const graph = this.#graph;
    const { rows, columns } = productSize(module);
    const [a1, b1] = pair(module.first);
    const [a2, b2] = pair(module.second);
    if (a1 && b1 && a2 && b2) {
      const [r1, r2] = [a1.columns, a2.columns];
      if (r1 * r2 * (rows + columns) <= rows * columns) {
        const up = graph.reshape(
          graph.mul(
            graph.reshape(this.#matrix(a1), [rows, r1, 1]),
            graph.reshape(this.#matrix(a2), [rows, 1, r2]),
          ),
          [rows, r1 * r2],
        );
        const down = graph.reshape(
          graph.mul(
            graph.reshape(this.#matrix(b1), [r1, 1, columns]),
            graph.reshape(this.#matrix(b2), [1, r2, columns]),
          ),
          [r1 * r2, columns],
        );
        return graph.linear(graph.mul(graph.linear(x, down), factor), up);
      }
    }
    const product = graph.mul(this.#dense(module.first), this.#dense(module.second));
    return graph.linear(graph.mul(x, factor), product);
  }

  /** x · chainᵀ; `factor` is multiplied in where the product is narrowest. */
  #chain(x: Value, chain: Chain<StoredMatrix>, factor?: Value): Value {
    const graph = this.#graph;
    return chain.reduceRight((product, { matrix, transposed }, i) => {
      const value = this.#matrix(matrix);
      const next = transposed ? graph.matmul(product, value) : graph.linear(product, value);
      return factor !== undefined && i === chain.length - 1 ? graph.mul(next, factor) : next;
    }, x);
  }

  /** The product of a chain of small matrices. */
  #dense([first, ...rest]: Chain<StoredMatrix>): Value {
    const graph = this.#graph;
    const oriented = ({ matrix, transposed }: Link<StoredMatrix>) =>
      transposed ? graph.transpose(this.#matrix(matrix), [1, 0]) : this.#matrix(matrix);
    return rest.reduce((product, link) => graph.matmul(product, oriented(link)), oriented(first));
  }

  /** This layer's part of the columns of y, whose first one is row `from` of the stacked matrix. */
  #rows(y: Value, module: AdapterModule, from: number): Value {
    const range = rowsOf(module);
    return y.shape[1] === range.count ? y : this.#graph.slice(y, 1, range.from - from, range.count);
  }

  #matrix({ key, rows, columns, source }: StoredMatrix): Value {
    const name = `${source.file}#${key}@${source.offset}`;
    return this.#weights.weight(name, source, [rows, columns]);
  }
}

/** Multiplications per row of x in x · chainᵀ. */
const chainCost = (chain: Chain<StoredMatrix>): number =>
  chain.reduce((sum, { matrix }) => sum + matrix.rows * matrix.columns, 0);

const pair = (chain: Chain<StoredMatrix>): readonly (StoredMatrix | undefined)[] =>
  chain.length === 2 && !chain.some(({ transposed }) => transposed) ? chain.map(({ matrix }) => matrix) : [];

/** The chain of rows `from` to `from + count` of the product; the outer matrix of a w1 is never transposed. */
function firstRows([first, ...rest]: Chain<StoredMatrix>, from: number, count: number): Chain<StoredMatrix> {
  if (count === linkRows(first)) return [first, ...rest];
  const source = rowsOfSource(first.matrix.source, from, count);
  return [{ ...first, matrix: { ...first.matrix, rows: count, source } }, ...rest];
}

const linkRows = ({ matrix, transposed }: Link<StoredMatrix>): number =>
  transposed ? matrix.columns : matrix.rows;
