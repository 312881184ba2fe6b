import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { LinearLayer } from '../foreign/linear-layers.ts';
import { Graph } from '../onnx/graph.ts';
import { sortNodes } from '../onnx/sort-nodes.ts';
import type { GraphModel, GraphNode, Value } from '../onnx/types.ts';
import type { LiveAdapter } from './live-adapter.ts';
import { LiveBranches } from './live-branch.ts';

const STACKED = /\.attention\.qkv$/;

/**
 * Adds the live branches of adapters to a ready-made graph, at the products that stand for the layers
 * they change: each reads that product's own input, so that a graph which scales its activations to
 * fit half precision scales the branch alike. The graph's weights stay as they are, quantised or not.
 *
 * @param layers where each module is in the graph
 * @returns the graph with the inputs of `branches` added
 */
export function adaptGraph(
  graph: GraphModel,
  layers: ReadonlyMap<string, LinearLayer>,
  adapters: readonly LiveAdapter[],
): { readonly graph: GraphModel; readonly branches: LiveBranches } {
  const isHalf = [...layers.values()].some(({ dtype }) => dtype === 'float16');
  const extra = new Graph(graph.name, isHalf ? 'float16' : 'float32');
  const branches = new LiveBranches(extra, adapters);
  const changed = new Set(adapters.flatMap(({ modules }) => [...modules.keys()]));
  const joints: GraphNode[] = [];
  const replaced = new Map<GraphNode, GraphNode>();
  for (const [module, layer] of layers) {
    const targets = STACKED.test(module)
      ? ['to_q', 'to_k', 'to_v'].map((part) => module.replace(/qkv$/, part))
      : [module];
    if (!targets.some((target) => changed.has(target))) continue;
    const adapted = adaptLayer(extra, branches, layer, targets);
    joints.push(identity(adapted.name, layer.y));
    replaced.set(layer.node, withOutput(layer.node, layer.y, unadapted(layer.y)));
  }
  if (replaced.size === 0) return { graph, branches };
  const own = apart(extra.build());
  const nodes = [
    ...own.nodes,
    ...joints.map((node) => ({ ...node, inputs: node.inputs.map(own.renamed) })),
    ...graph.nodes.map((node) => replaced.get(node) ?? node),
  ];
  const inputs = [...graph.inputs, ...own.inputs];
  const initializers = [...graph.initializers, ...own.initializers];
  const known = new Set([...inputs, ...initializers].map(({ name }) => name));
  const sorted = sortNodes(nodes, known, usesOf);
  if (typeof sorted === 'string')
    throw new Error(`Adapters cannot be added to the ${graph.name}: ${sorted}.`);
  return { graph: { ...graph, nodes: sorted, inputs, initializers }, branches };
}

/** What comes out of a layer before adapters. */
const unadapted = (y: string): string => `${y}:unadapted`;

function adaptLayer(
  graph: Graph,
  branches: LiveBranches,
  { x, y, dtype, rows, columns }: LinearLayer,
  targets: readonly string[],
): Value {
  // Graphs keep batch and tokens apart; a branch works on rows, of the type the adapters compute in.
  const flat = (value: Value, width: number): Value => {
    const matrix = graph.reshape(value, [-1, width]);
    return dtype === graph.floats ? matrix : graph.cast(matrix, graph.floats);
  };
  const whole: Value = { name: theirs(unadapted(y)), dtype, shape: [TOKENS, rows] };
  const input = flat({ name: theirs(x), dtype, shape: [TOKENS, columns] }, columns);
  const result = flat(whole, rows);
  const parts = targets.length === 1 ? [result] : graph.split(result, 1, targets.length);
  const adapted = parts.map((part, i) =>
    branches.adapt({
      module: targets[i] ?? '',
      x: input,
      y: part,
      bias: undefined,
      // Read for DoRA along inputs only, which is refused for ready-made graphs.
      weight: part,
    }),
  );
  const [first] = adapted;
  const joined = first && adapted.length === 1 ? first : graph.concat(adapted, 1);
  return graph.reshapeLike(dtype === graph.floats ? joined : graph.cast(joined, dtype), whole);
}

const TOKENS = 'tokens';
const THEIRS = 'theirs:';
/** A value of the graph that is adapted: its names and those made here know nothing of each other. */
const theirs = (name: string): string => THEIRS + name;

const identity = (from: string, to: string): GraphNode => ({
  op: 'Identity',
  domain: '',
  name: `${to}:adapted`,
  inputs: [from],
  outputs: [to],
  attributes: {},
});

/** Field of NodeProto. */
const OUTPUT = 2;

/** The same operator giving its result under another name. */
function withOutput(node: GraphNode, from: string, to: string): GraphNode {
  const outputs = node.outputs.map((name) => (name === from ? to : name));
  if (!node.encoded) return { ...node, outputs };
  const reader = new BinaryReader(node.encoded);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wire] = reader.tag();
    reader.skip(wire, field);
    if (field !== OUTPUT) writer.raw(node.encoded.subarray(start, reader.pos));
  }
  for (const name of outputs) writer.tag(OUTPUT, 2).string(name);
  return { ...node, outputs, encoded: writer.finish() };
}

/**
 * Gives all that a graph makes names of its own, so that it can be laid into another one. Names inside
 * of branches are told apart already; what they read from around them is renamed along.
 */
function apart(model: GraphModel): GraphModel & { readonly renamed: (name: string) => string } {
  const made = new Set([
    ...model.nodes.flatMap(({ outputs }) => outputs),
    ...model.initializers.map(({ name }) => name),
  ]);
  const renamed = (name: string): string => {
    if (name.startsWith(THEIRS)) return name.slice(THEIRS.length);
    return made.has(name) ? `adapters/${name}` : name;
  };
  const nodeOf = (node: GraphNode): GraphNode => ({
    ...node,
    name: `adapters/${node.name}`,
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([name, attribute]) => [
        name,
        attribute.kind === 'graph' ? { ...attribute, value: graphOf(attribute.value) } : attribute,
      ]),
    ),
  });
  const graphOf = (graph: GraphModel): GraphModel => ({
    ...graph,
    nodes: graph.nodes.map(nodeOf),
    initializers: graph.initializers.map((initializer) => ({
      ...initializer,
      name: renamed(initializer.name),
    })),
    outputs: graph.outputs.map((output) => ({ ...output, name: renamed(output.name) })),
  });
  return { ...graphOf(model), renamed };
}

/** Everything a node reads, by itself or in its branches. */
function usesOf(node: GraphNode): readonly string[] {
  if (node.uses) return node.uses;
  return [
    ...node.inputs,
    ...Object.values(node.attributes).flatMap((attribute) =>
      attribute.kind === 'graph'
        ? [...attribute.value.nodes.flatMap(usesOf), ...attribute.value.outputs.map(({ name }) => name)]
        : [],
    ),
  ];
}
