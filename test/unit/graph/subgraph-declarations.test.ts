import { produce } from 'immer';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../../nodes/document/schema.ts';
import { canConnect } from '../../../nodes/graph/connect.ts';
import { graphInside, withGraphInside } from '../../../nodes/graph/graph-view.ts';
import { innerSource, innerTargets, nodeAtPath } from '../../../nodes/graph/inside-instance.ts';
import { catalogueInside, documentCatalogue } from '../../../nodes/graph/subgraph-declarations.ts';
import { library } from '../../../nodes/library/index.ts';
import { buildDocument } from '../../support/build-document.ts';

const port = (name: string, title?: string) => ({ name, ...(title && { title }) });

/** A sampler with its schedule: sockets, a value, a choice and an unwired port. */
const document: Document = {
  ...buildDocument({ inst: { type: 'subgraph:s' }, load: { type: 'models.load' } }),
  definitions: {
    s: {
      title: 'Sampling',
      description: 'What it does.',
      inputs: {
        at: [0, 0],
        ports: [
          port('model'),
          port('steps', 'How many'),
          port('schedule'),
          port('negative'),
          port('loose'),
          port('either'),
        ],
      },
      outputs: { at: [0, 0], ports: [port('latent'), port('empty'), port('either')] },
      nodes: {
        sample: { type: 'sampling.sample', version: 1, at: [0, 0], inputs: {} },
        schedule: { type: 'sampling.schedule', version: 1, at: [0, 0], inputs: { steps: 3 } },
        switch: { type: 'values.switch', version: 1, at: [0, 0], inputs: {} },
      },
      wires: {
        a: { from: ['subgraph-inputs', 'model'], to: ['sample', 'model'] },
        b: { from: ['subgraph-inputs', 'steps'], to: ['schedule', 'steps'] },
        c: { from: ['subgraph-inputs', 'schedule'], to: ['schedule', 'schedule'] },
        d: { from: ['subgraph-inputs', 'negative'], to: ['sample', 'negative'] },
        e: { from: ['sample', 'latent'], to: ['subgraph-outputs', 'latent'] },
        f: { from: ['subgraph-inputs', 'either'], to: ['switch', 'when_on'] },
        g: { from: ['switch', 'value'], to: ['subgraph-outputs', 'either'] },
      },
    },
  },
};
const declared = (of: Document) => documentCatalogue(of, library).get('subgraph:s')!;

describe('what an instance shows', () => {
  const { inputs, outputs, title, doc } = declared(document);

  it('is called and explained as its definition', () => {
    expect([title, doc]).toEqual(['Sampling', 'What it does.']);
  });

  it('sockets where the wires inside lead to sockets, as needed or optional as there', () => {
    expect(inputs.model).toMatchObject({ kind: 'socket', type: 'MODEL', optional: false });
    expect(inputs.negative).toMatchObject({ kind: 'socket', type: 'CONDITIONING', optional: true });
    expect(outputs.latent).toEqual({ kind: 'socket', type: 'LATENT' });
  });

  it('the control of a value, starting with what is set inside, under the name it was given', () => {
    expect(inputs.steps).toMatchObject({ kind: 'int', default: 3, label: 'How many', wire: true });
    expect(inputs.schedule).toMatchObject({ kind: 'choice', wire: false });
  });

  it('anything where nothing decides, and one type for ends that are joined inside', () => {
    expect(inputs.loose).toMatchObject({ kind: 'variable', optional: true });
    expect(outputs.empty?.kind).toBe('variable');
    expect(inputs.either).toMatchObject({ kind: 'variable' });
    expect((outputs.either as { variable: string }).variable).toBe(
      (inputs.either as { variable: string }).variable,
    );
  });

  it('stays the same object while it is the same, and is another one when it is not', () => {
    const moved = produce(document, (draft) => {
      draft.definitions!.s!.nodes.sample!.at = [50, 50];
    });
    expect(declared(moved)).toBe(declared(document));
    expect(documentCatalogue(moved, library)).toBe(documentCatalogue(document, library));
    const reordered = produce(document, (draft) => {
      draft.definitions!.s!.inputs.ports.reverse();
    });
    expect(Object.keys(declared(reordered).inputs)).toEqual(Object.keys(inputs).reverse());
    const set = produce(document, (draft) => {
      draft.definitions!.s!.nodes.schedule!.inputs.steps = 4;
    });
    expect(declared(set).inputs.steps).toMatchObject({ default: 4 });
  });

  it('is not there for a subgraph that contains itself, and the catalogue is', () => {
    const ring = produce(document, (draft) => {
      draft.definitions!.s!.nodes.me = { type: 'subgraph:s', version: 1, at: [0, 0], inputs: {} };
    });
    expect(documentCatalogue(ring, library).size).toBe(library.size + 1);
  });
});

describe('wiring', () => {
  it('an instance is wired by type like any node', () => {
    const catalogue = documentCatalogue(document, library);
    expect(canConnect(document, catalogue, ['load', 'model'], ['inst', 'model'])).toEqual({ ok: true });
    expect(canConnect(document, catalogue, ['load', 'vae'], ['inst', 'model']).ok).toBe(false);
    expect(canConnect(document, catalogue, ['load', 'model'], ['inst', 'schedule']).ok).toBe(false);
  });

  it('inside, a port may stand for a value no wire can carry, but for one kind only', () => {
    const view = graphInside(document, 's')!;
    const catalogue = catalogueInside(document, library, 's');
    const from = (name: string): [string, string] => ['subgraph-inputs', name];
    expect(canConnect(view, catalogue, from('loose'), ['schedule', 'schedule'])).toEqual({ ok: true });
    expect(canConnect(view, catalogue, from('schedule'), ['schedule', 'denoise'])).toEqual({
      ok: false,
      reason: 'schedule stands for schedule; denoise of “Step schedule” is of another kind.',
    });
    expect(canConnect(view, catalogue, from('model'), ['sample', 'latent']).ok).toBe(false);
  });
});

describe('the graph inside', () => {
  it('is the same object while nothing in it changed, and is written back as it was changed', () => {
    const view = graphInside(document, 's')!;
    expect(graphInside(document, 's')).toBe(view);
    expect(withGraphInside(document, 's', view)).toBe(document);
    const changed = produce(view, (draft) => {
      draft.nodes['subgraph-inputs']!.at = [7, 8];
      delete draft.nodes.switch;
      draft.nodes['subgraph-outputs']!.title = 'ports have no title';
    });
    const after = withGraphInside(document, 's', changed).definitions!.s!;
    expect(after.inputs).toEqual({ at: [7, 8], ports: document.definitions!.s!.inputs.ports });
    expect(Object.keys(after.nodes)).toEqual(['sample', 'schedule']);
    expect(after.outputs).toBe(document.definitions!.s!.outputs);
    expect(after.wires).toBe(document.definitions!.s!.wires);
  });

  it('is found through instances', () => {
    const node = document.nodes.inst!;
    expect(innerTargets(document, node, ['inst', 'steps'])).toEqual([['inst/schedule', 'steps']]);
    expect(innerTargets(document, node, ['inst', 'loose'])).toEqual([]);
    expect(innerSource(document, node, ['inst', 'latent'])).toEqual(['inst/sample', 'latent']);
    expect(innerSource(document, node, ['inst', 'empty'])).toBeUndefined();
    expect(nodeAtPath(document, 'inst/schedule')?.type).toBe('sampling.schedule');
    expect(nodeAtPath(document, 'inst/nobody')).toBeUndefined();
  });
});
