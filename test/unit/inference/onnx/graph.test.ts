import { describe, expect, it } from 'vitest';
import { Graph } from '../../../../nodes/inference/onnx/graph.ts';
import { GraphError } from '../../../../nodes/inference/onnx/shapes.ts';
import type { Dim, Value } from '../../../../nodes/inference/onnx/types.ts';

const graph = () => new Graph('test');
const input = (to: Graph, name: string, ...shape: Dim[]): Value => to.input(name, 'float32', shape);

describe('result shapes', () => {
  it.each<[string, (to: Graph) => Value, readonly Dim[]]>([
    ['linear', (g) => g.linear(input(g, 'x', 'rows', 8), input(g, 'w', 3, 8)), ['rows', 3]],
    ['matmul', (g) => g.matmul(input(g, 'a', 'b', 1, 'n', 4), input(g, 'b', 2, 4, 5)), ['b', 2, 'n', 5]],
    ['transpose', (g) => g.transpose(input(g, 'x', 'b', 'n', 4), [2, 0, 1]), [4, 'b', 'n']],
    ['slice', (g) => g.slice(input(g, 'x', 'n', 9), 1, 2, 4), ['n', 4]],
    ['expand', (g) => g.expand(input(g, 'x', 'n', 1, 4), [1, 3, 1]), ['n', 3, 4]],
    ['fusedAttention', (g) => attention(g, 8, (q, k, v) => g.fusedAttention(q, k, v, 2)), ['b', 'n', 8]],
    [
      'primitiveAttention',
      (g) => attention(g, 8, (q, k, v) => g.primitiveAttention(q, k, v, 4, { chunks: 2 })),
      ['b', 'n', 8],
    ],
    ['conv', (g) => g.conv(input(g, 'x', 1, 3, 9, 9), input(g, 'w', 5, 3, 3, 3), undefined), [1, 5, 7, 7]],
    [
      'conv that keeps the size',
      (g) =>
        g.conv(input(g, 'x', 1, 3, 'h', 'w'), input(g, 'k', 5, 3, 3, 3), undefined, { pads: [1, 1, 1, 1] }),
      [1, 5, 'h', 'w'],
    ],
    [
      'conv with a stride',
      (g) =>
        g.conv(input(g, 'x', 1, 3, 8, 6), input(g, 'k', 5, 3, 3, 3), undefined, {
          stride: 2,
          pads: [0, 0, 1, 1],
        }),
      [1, 5, 4, 3],
    ],
    ['resizeNearest', (g) => g.resizeNearest(input(g, 'x', 1, 3, 'h', 4), 2), [1, 3, '2·h', 8]],
  ])('%s', (_, build, shape) => {
    expect(build(graph()).shape).toEqual(shape);
  });

  it('splits into equal parts', () => {
    const g = graph();
    expect(g.split(input(g, 'x', 'n', 8), 1, 4).map(({ shape }) => shape)).toEqual(Array(4).fill(['n', 2]));
  });
});

function attention(to: Graph, width: number, build: (q: Value, k: Value, v: Value) => Value): Value {
  const [q, k, v] = ['q', 'k', 'v'].map((name) => input(to, name, 'b', 'n', width));
  return build(q!, k!, v!);
}

describe('wrong graphs are refused with the operator and its operands', () => {
  it.each<[string, (to: Graph) => unknown, string]>([
    [
      'a linear layer of another width',
      (g) => g.linear(input(g, 'x', 'rows', 8), input(g, 'w', 3, 9)),
      'Gemm(x: float32[rows, 8], w: float32[3, 9]): the inner sizes differ.',
    ],
    [
      'a bias that does not fit',
      (g) => g.linear(input(g, 'x', 'rows', 8), input(g, 'w', 3, 8), input(g, 'b', 4)),
      'b: float32[4]): the bias does not fit.',
    ],
    [
      'a product of unequal inner sizes',
      (g) => g.matmul(input(g, 'a', 2, 3), input(g, 'b', 4, 5)),
      'MatMul(a: float32[2, 3], b: float32[4, 5]): the inner sizes differ.',
    ],
    [
      'operands of two types',
      (g) => g.add(input(g, 'a', 2), g.integers([1, 2])),
      'Add(a: float32[2], constant_0: int64[2]): the types differ.',
    ],
    ['a split that leaves a rest', (g) => g.split(input(g, 'x', 'n', 8), 1, 3), '8 cannot be cut into 3'],
    [
      'a split of an open size',
      (g) => g.split(input(g, 'x', 'n', 8), 0, 2),
      'the size of axis 0 must be fixed',
    ],
    ['a slice outside', (g) => g.slice(input(g, 'x', 'n', 8), 1, 6, 3), 'it has no places 6 to 9'],
    [
      'parts that differ beside the joined axis',
      (g) => g.concat([input(g, 'a', 'm', 8), input(g, 'b', 'n', 9)], 0),
      'Concat(a: float32[m, 8], b: float32[n, 9])',
    ],
    [
      'heads that do not divide',
      (g) => attention(g, 8, (q, k, v) => g.fusedAttention(q, k, v, 3)),
      '3 heads',
    ],
    [
      'a norm of another width',
      (g) => g.rmsNorm(input(g, 'x', 'n', 8), input(g, 'w', 7), 1e-5),
      'does not fit',
    ],
    [
      'a layer norm of another width',
      (g) => g.layerNorm(input(g, 'x', 'n', 8), input(g, 'w', 1), 1e-6),
      'does not fit',
    ],
    [
      'groups that do not divide',
      (g) => g.groupNorm(input(g, 'x', 1, 6, 4, 4), 4, input(g, 'w', 6), input(g, 'b', 6), 1e-6),
      'the channels do not make 4 groups',
    ],
    [
      'a convolution of other channels',
      (g) => g.conv(input(g, 'x', 1, 3, 8, 8), input(g, 'w', 5, 4, 3, 3), undefined),
      'Conv(x: float32[1, 3, 8, 8], w: float32[5, 4, 3, 3]): the channels do not fit.',
    ],
    [
      'rotary tables with a row too few',
      (g) =>
        g.rotate(input(g, 'x', 'b', 6, 8), input(g, 'cos', 5, 2), input(g, 'sin', 5, 2), { adjacent: true }),
      'the tables need a row for every token',
    ],
    [
      'rotary tables of another head size',
      (g) =>
        g.rotate(input(g, 'x', 'b', 6, 8), input(g, 'cos', 6, 3), input(g, 'sin', 6, 3), { adjacent: true }),
      'the tables do not fit the heads',
    ],
    [
      'a condition that is no bool',
      (g) => g.when(input(g, 'on'), graph().build(), graph().build()),
      'If(on: float32[])',
    ],
  ])('%s', (_, build, message) => {
    expect(() => build(graph())).toThrow(GraphError);
    expect(() => build(graph())).toThrow(message);
  });

  it('names a weight no graph can read', () => {
    const source = { dtype: 'I8', shape: [2], file: '/a.safetensors', offset: 8, byteLength: 2 } as const;
    expect(() => graph().weight('layers.0.w', source)).toThrow(
      'The tensor "layers.0.w" of /a.safetensors is stored as I8',
    );
  });
});

describe('weights', () => {
  const source = {
    dtype: 'BF16',
    shape: [4, 4],
    file: '/a.safetensors',
    offset: 100,
    byteLength: 32,
  } as const;

  it('are widened before all other nodes', () => {
    const g = graph();
    g.output('y', g.linear(g.tanh(input(g, 'x', 'n', 4)), g.weight('w', source)));
    expect(g.build().nodes.map(({ op }) => op)).toEqual(['Cast', 'Tanh', 'Gemm', 'Identity']);
  });

  it('are declared once however often they are used', () => {
    const g = graph();
    expect(g.weight('w', source)).toBe(g.weight('w', source));
    expect(g.build().initializers).toHaveLength(1);
  });

  it('in float32 need no Cast', () => {
    const g = graph();
    g.weight('w', { ...source, dtype: 'F32', byteLength: 64 });
    expect(g.build().nodes).toEqual([]);
  });
});
