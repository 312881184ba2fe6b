import { Graph } from '../../nodes/inference/onnx/graph.ts';
import type { Attribute, Value } from '../../nodes/inference/onnx/types.ts';

/**
 * A graph in half precision that rounds on the CPU as a GPU does: every result of an operator becomes
 * float16, infinities included. (Left to itself, onnxruntime keeps float32 between operators there.)
 * Sums inside an operator are in float32.
 */
export class HalfGraph extends Graph {
  constructor(name: string) {
    super(name, 'float16');
  }

  protected override emitAll(
    op: string,
    operands: readonly (Value | undefined)[],
    results: readonly Pick<Value, 'dtype' | 'shape'>[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): Value[] {
    if (op === 'Cast') return super.emitAll(op, operands, results, attributes, domain);
    const wide = operands.map((operand) =>
      operand?.dtype === 'float16' ? this.cast(operand, 'float32') : operand,
    );
    const computed = super.emitAll(
      op,
      wide,
      results.map(({ dtype, shape }) => ({ dtype: dtype === 'float16' ? 'float32' : dtype, shape })),
      attributes,
      domain,
    );
    return computed.map((value, i) =>
      results[i]?.dtype === 'float16' ? this.cast(value, 'float16') : value,
    );
  }
}
