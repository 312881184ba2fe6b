import type { Graph } from '../onnx/graph.ts';
import type { Value } from '../onnx/types.ts';

/** A Kronecker product w1 ⊗ w2 as a graph holds it; sizes may be known only when the graph runs. */
export interface KroneckerFactors {
  /** [o1, i1] */
  readonly w1: Value;
  /** x [rows, i1·i2] → [rows·i1, i2] */
  readonly apart: (x: Value) => Value;
  /** [rows·i1, i2] → [rows·i1, o2]: multiplies by w2ᵀ. */
  readonly second: (lines: Value) => Value;
  /** [rows·i1, o2] → [rows, i1, o2] */
  readonly together: (lines: Value) => Value;
}

/**
 * (w1 ⊗ w2) x for the rows of x, never multiplied out: with X = x as [i1, i2], w1 · (X · w2ᵀ). No Einsum and
 * no Transpose, which cost more than they save.
 *
 * @returns [rows, o1, o2]
 */
export const kroneckerProduct = (
  graph: Graph,
  x: Value,
  { w1, apart, second, together }: KroneckerFactors,
): Value => graph.matmul(w1, together(second(apart(x))));
