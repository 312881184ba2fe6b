import { vi } from 'vitest';
import {
  type Attribute,
  type Dtype,
  dtypeCodes,
  type GraphModel,
  type GraphNode,
} from '../../nodes/inference/onnx/types.ts';
import { Session } from '../../nodes/inference/ort/session.ts';

/**
 * Lets the CPU stand in for devices that compute in bfloat16, which it cannot: products in bfloat16 are made
 * of the rounded operands in float32, as tensor cores sum them, and rounded again. It answers for every
 * provider but WebGPU. `vi.restoreAllMocks` ends it.
 * @param kept what products are rounded to; a broken device keeps less
 */
export function standInForBfloat16(kept: 'bfloat16' | 'float8e5m2' = 'bfloat16'): void {
  const create = Session.create;
  vi.spyOn(Session, 'create').mockImplementation((graph, settings) =>
    create(rounding(graph, kept), {
      ...settings,
      provider: settings.provider === 'webgpu' ? 'webgpu' : 'cpu',
    }),
  );
}

function rounding(graph: GraphModel, kept: Dtype): GraphModel {
  const narrow = new Set<string>();
  const nodes = graph.nodes.flatMap((node): GraphNode[] => {
    const { op, inputs, outputs, attributes } = node;
    const inner = Object.entries(attributes).map(([name, value]): [string, Attribute] => [
      name,
      value.kind === 'graph' ? { kind: 'graph', value: rounding(value.value, kept) } : value,
    ]);
    const same = { ...node, attributes: Object.fromEntries(inner) };
    if (op === 'Cast' && isTo(attributes, 'bfloat16')) for (const name of outputs) narrow.add(name);
    const [y = ''] = outputs;
    if (op !== 'Gemm' || !inputs.some((name) => narrow.has(name))) return [same];
    const wide = inputs.map((name) => `${name}:wide for ${y}`);
    return [
      ...inputs.map((name, i) => cast(name, wide[i] ?? '', 'float32')),
      { ...same, inputs: wide, outputs: [`${y}:exact`] },
      cast(`${y}:exact`, `${y}:kept`, kept),
      cast(`${y}:kept`, y, 'bfloat16'),
    ];
  });
  return { ...graph, nodes };
}

const isTo = ({ to }: GraphNode['attributes'], dtype: Dtype): boolean =>
  to?.kind === 'int' && to.value === dtypeCodes[dtype];

const cast = (from: string, to: string, dtype: Dtype): GraphNode => ({
  op: 'Cast',
  domain: '',
  name: `cast to ${to}`,
  inputs: [from],
  outputs: [to],
  attributes: { to: { kind: 'int', value: dtypeCodes[dtype] } },
});
