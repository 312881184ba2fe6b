import type { ComputeType } from '../../core/precision.ts';
import { Graph } from '../onnx/graph.ts';
import type { GraphModel, Value } from '../onnx/types.ts';

/**
 * Builds a graph that goes into another one, with one output. Both share one space of names, in which
 * every value is made once: what is made inside gets `name` before it.
 *
 * @param compute what the graph around it computes in
 * @param build may use values of the graphs around it
 */
export function subGraph(name: string, compute: ComputeType, build: (graph: Graph) => Value): GraphModel {
  const graph = new Graph(name, compute, { scope: `${name}/` });
  const result = build(graph);
  return { ...graph.build(), outputs: [result] };
}
