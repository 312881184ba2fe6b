import { isBlockMatrix, isRowSlices, type LinearWeight } from '../onnx/block-matrix.ts';
import { Graph } from '../onnx/graph.ts';
import type { ComputeType } from '../onnx/graph-builder.ts';
import type { GraphModel, Value } from '../onnx/types.ts';

const outsideMark = 'outside:';

/** A value of the graph around a sub-graph, to be used inside. */
export const outside = (value: Value): Value => ({ ...value, name: outsideMark + value.name });

/** The same for the weight of a linear layer, quantised or not. */
export function outsideWeight(weight: LinearWeight): LinearWeight {
  if (isRowSlices(weight)) return { slices: weight.slices.map(outside) };
  if (!isBlockMatrix(weight)) return outside(weight);
  const { codes, scales, zeroPoints } = weight;
  return { ...weight, codes: outside(codes), scales: outside(scales), zeroPoints: outside(zeroPoints) };
}

/**
 * Builds a graph that goes into another one, with one output. Both share one space of names, in which
 * every value is made once: what is made inside gets `name` before it.
 *
 * @param compute what the graph around it computes in
 * @param build may use values of the graph around it through `outside`
 */
export function subGraph(name: string, compute: ComputeType, build: (graph: Graph) => Value): GraphModel {
  const inner = new Graph(name, compute);
  const result = build(inner);
  const model = inner.build();
  const scoped = (value: string): string => {
    if (value === '') return value;
    return value.startsWith(outsideMark) ? value.slice(outsideMark.length) : `${name}/${value}`;
  };
  return {
    ...model,
    nodes: model.nodes.map((node) => ({
      ...node,
      name: scoped(node.name),
      inputs: node.inputs.map(scoped),
      outputs: node.outputs.map(scoped),
    })),
    initializers: model.initializers.map((initializer) => ({
      ...initializer,
      name: scoped(initializer.name),
    })),
    outputs: [{ ...result, name: scoped(result.name) }],
  };
}
