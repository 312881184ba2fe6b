import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import type { Document } from '../../../nodes/document/schema.ts';
import { liveValuesBetween, withLiveValues } from '../../../nodes/graph/live-values.ts';
import { library } from '../../../nodes/library/index.ts';
import { buildDocument, withInput } from '../../support/build-document.ts';

const row = (strength: number, adapter = 'glossy.safetensors') => ({ adapter, strength });
const document = buildDocument({
  adapter: { type: 'adapters.apply', inputs: { adapter: 'glossy.safetensors', strength: 0.7 } },
  stack: { type: 'adapters.stack', inputs: { adapters: [row(1), row(0.5)] } },
  curve: { type: 'adapters.curve' },
  sample: { type: 'sampling.sample' },
});
const between = (now: Document) => liveValuesBetween(now, document, library);

describe('what changed between two states of a document', () => {
  it('is nothing where only looks changed', () => {
    const sample = document.nodes.sample!;
    expect(between({ ...document, nodes: { ...document.nodes, sample: { ...sample, at: [5, 5] } } })).toEqual(
      [],
    );
  });

  it('is a list of values where only live ones did: numbers, curves, rows', () => {
    const curve = [
      [0, 1],
      [1, 0],
    ];
    let now = withInput(document, 'adapter', { strength: 0.2 });
    now = withInput(now, 'curve', { curve });
    now = withInput(now, 'stack', { adapters: [row(1), row(-1)] });
    expect(between(now)).toEqual([
      { node: 'adapter', input: 'strength', value: 0.2 },
      { node: 'stack', input: 'adapters', value: [row(1), row(-1)] },
      { node: 'curve', input: 'curve', value: curve },
    ]);
  });

  it('is the default where a value was taken away', () => {
    const adapter = { ...document.nodes.adapter!, inputs: { adapter: 'glossy.safetensors' } };
    expect(between({ ...document, nodes: { ...document.nodes, adapter } })).toEqual([
      { node: 'adapter', input: 'strength', value: 1 },
    ]);
  });

  it.each([
    ['another value', withInput(document, 'sample', { guidance: 2 })],
    ['another file in a row', withInput(document, 'stack', { adapters: [row(1), row(0.5, 'matte')] })],
    ['one row less', withInput(document, 'stack', { adapters: [row(1)] })],
    [
      'a muted node',
      {
        ...document,
        nodes: { ...document.nodes, sample: { ...document.nodes.sample!, mode: 'mute' as const } },
      },
    ],
    ['other wires', { ...document, wires: {} }],
  ])('is more than live values: %s', (_what, now) => {
    expect(between(now)).toBeUndefined();
  });

  it('finds values inside of subgraphs', () => {
    const inner = (strength: number): Document => ({
      ...document,
      definitions: {
        style: {
          title: 'Style',
          inputs: ports,
          outputs: ports,
          nodes: withInput(document, 'adapter', { strength }).nodes,
          wires: document.wires,
        },
      },
    });
    const ports = { at: [0, 0] as [number, number], ports: [] };
    const values = liveValuesBetween(inner(0.1), inner(0.9), library);
    expect(values).toEqual([{ definition: 'style', node: 'adapter', input: 'strength', value: 0.1 }]);
    expect(withLiveValues(inner(0.9), library, values!)).toEqual(inner(0.1));
  });
});

describe('setting live values', () => {
  it('changes nothing but those', () => {
    const now = withInput(document, 'adapter', { strength: 0.2 });
    const next = withLiveValues(document, library, between(now)!);
    expect(next).toEqual(now);
    expect(next.nodes.sample).toBe(document.nodes.sample);
  });

  it.each([
    ['no such node', { node: 'nobody', input: 'strength', value: 1 }],
    ['no such subgraph', { definition: 'x', node: 'adapter', input: 'strength', value: 1 }],
    ['no such input', { node: 'adapter', input: 'toString', value: 1 }],
    ['an input that is not live', { node: 'sample', input: 'guidance', value: 2 }],
    ['a value out of range', { node: 'adapter', input: 'strength', value: 99 }],
    ['a value of another kind', { node: 'adapter', input: 'strength', value: 'much' }],
    ['a row with another file', { node: 'stack', input: 'adapters', value: [row(1), row(1, 'matte')] }],
  ])('refuses %s', (_what, value) => {
    expect(() => withLiveValues(document, library, [value])).toThrow(UserError);
  });
});
