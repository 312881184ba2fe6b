import { attr } from '../onnx/graph-builder.ts';
import type { ScannedModel } from '../onnx/scan.ts';
import { type Dtype, dtypeCodes, type GraphModel, type GraphNode, type Value } from '../onnx/types.ts';

/** What is fed and read under names of our own; values inside of the graph keep theirs. */
const ours = (name: string): string => `kronode:${name}`;

/** Element types that sessions are fed as they are. */
const fedAsIs: ReadonlySet<Dtype> = new Set(['float32', 'int64', 'int32', 'bool']);

const cast = (from: string, to: string, dtype: Dtype): GraphNode => ({
  op: 'Cast',
  domain: '',
  name: `${from}:cast`,
  inputs: [from],
  outputs: [to],
  attributes: { to: attr.int(dtypeCodes[dtype]) },
});

/** A scanned model as a graph of ours, with the inputs `kronode:x` and outputs `kronode:y` for x and y. */
export interface BoundGraph {
  readonly graph: GraphModel;
  /** Our name and type of an input or output of the model. */
  readonly input: (value: Value) => Value;
  readonly output: (value: Value) => Value;
}

/**
 * Puts float32 at both ends of a model, whatever it computes in, and leaves out what is not read.
 * Weights stay where they are.
 *
 * @param name for messages, such as `diffusion transformer`
 */
export function bindModel(model: ScannedModel, name: string, read: readonly Value[]): BoundGraph {
  const before: GraphNode[] = [];
  const after: GraphNode[] = [];
  const input = ({ name: own, dtype, shape }: Value): Value => ({
    name: ours(own),
    dtype: fedAsIs.has(dtype) ? dtype : 'float32',
    shape,
  });
  const output = ({ name: own, shape }: Value): Value => ({ name: ours(own), dtype: 'float32', shape });
  for (const value of model.inputs) before.push(cast(input(value).name, value.name, value.dtype));
  for (const value of read) after.push(cast(value.name, output(value).name, 'float32'));
  return {
    graph: {
      name,
      nodes: [...before, ...model.nodes, ...after],
      initializers: [...model.initializers.values()],
      inputs: model.inputs.map(input),
      outputs: read.map(output),
      opsets: model.opsets,
    },
    input,
    output,
  };
}
