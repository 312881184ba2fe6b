import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { produce } from 'immer';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import { openDocument } from '../../../nodes/document/open.ts';
import { type Document, LIMITS } from '../../../nodes/document/schema.ts';
import { definitionIdOf } from '../../../nodes/document/subgraph-types.ts';
import { KeyTable } from '../../../nodes/execution/keys.ts';
import { flattenDocument } from '../../../nodes/graph/flatten.ts';
import { planRun } from '../../../nodes/graph/plan.ts';
import { library } from '../../../nodes/library/index.ts';
import { nodeBetween, pack, unpack } from '../../../renderer/editor/edits/subgraphs.ts';
import { itemKey } from '../../../renderer/state/item-key.ts';
import { arbitraryDocument } from '../../support/arbitrary-documents.ts';
import { buildDocument } from '../../support/build-document.ts';

/** Packs the nodes that a mask picks; the document and the instance, or nothing where no node is picked. */
function packed(document: Document, mask: number): { document: Document; instance: string } | undefined {
  const ids = Object.keys(document.nodes).filter((_, i) => (mask >> i) & 1);
  let instance: string | undefined;
  const next = produce(document, (draft) => {
    instance = pack(
      draft,
      document,
      ids.map((id) => itemKey('node', id)),
      'Packed',
    );
  });
  return instance === undefined ? undefined : { document: next, instance };
}

/** Nodes by the last part of their id, and wires by their ends: what of a graph has to stay when it is packed. */
function essence({ nodes, wires }: Document) {
  const bare = (id: string) => id.split('/').at(-1) ?? id;
  return {
    nodes: Object.fromEntries(Object.entries(nodes).map(([id, node]) => [bare(id), node])),
    wires: Object.values(wires)
      .map(({ from, to }) => `${bare(from[0])} ${from[1]} > ${bare(to[0])} ${to[1]}`)
      .sort(),
  };
}

const templates = readdirSync('workflows')
  .filter((name) => name.endsWith('.kronode.json'))
  .map((name) => [name, openDocument(readFileSync(`workflows/${name}`, 'utf8'), library).document] as const);

describe('packing into a subgraph', () => {
  it('unfolds to the graph it was made of, however often it was done', () => {
    fc.assert(
      fc.property(arbitraryDocument(), fc.array(fc.nat(63), { maxLength: 4 }), (document, masks) => {
        const result = masks.reduce((current, mask) => packed(current, mask)?.document ?? current, document);
        expect(essence(flattenDocument(result))).toEqual(essence(document));
      }),
      { numRuns: 500 },
    );
  });

  it('and unpacking gives the very same document', () => {
    fc.assert(
      fc.property(arbitraryDocument(), fc.nat(63), (document, mask) => {
        const result = packed(document, mask);
        if (!result) return;
        const { definitions: _used, ...rest } = produce(result.document, (draft) => {
          unpack(draft, result.document, result.instance);
        });
        expect(rest).toEqual(document);
      }),
      { numRuns: 500 },
    );
  });

  it.each(templates)('changes neither the plan nor the keys of %s', (_, document) => {
    const table = new KeyTable();
    const keysOf = (plan: ReturnType<typeof planRun>) =>
      Object.fromEntries(
        [...table.keysOf(plan, new Map())].map(([id, key]) => [
          id.split('/').at(-1),
          plan.nodes.get(id)?.definition.pure === false ? 'never the same' : key,
        ]),
      );
    const before = planRun(document, library);
    const keys = keysOf(before);
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 12), { minLength: 1, maxLength: 3 }), (masks) => {
        const result = masks.reduce((current, mask) => packed(current, mask)?.document ?? current, document);
        const plan = planRun(result, library);
        expect(plan.problems).toEqual([]);
        expect(keysOf(plan)).toEqual(keys);
        expect(plan.targets.map((id) => id.split('/').at(-1)).sort()).toEqual([...before.targets].sort());
      }),
      { numRuns: 60 },
    );
  });

  it('finds the node that a packed part would feed and be fed by', () => {
    const document = buildDocument({ a: { type: 't' }, b: { type: 't' }, c: { type: 't' } }, [
      'a.x > b.x',
      'b.x > c.x',
    ]);
    expect(nodeBetween(document, new Set(['a', 'c']))).toBe('b');
    expect(nodeBetween(document, new Set(['a', 'b']))).toBeUndefined();
    expect(nodeBetween(document, new Set(['a', 'b', 'c']))).toBeUndefined();
  });
});

/** A subgraph of one number node whose value is exposed. */
const numberInside = (value?: number): Document => ({
  ...buildDocument({
    inst: { type: 'subgraph:s', inputs: value === undefined ? {} : { value } },
    out: { type: 'values.number' },
  }),
  definitions: {
    s: {
      title: 'Number',
      inputs: { at: [0, 0], ports: [{ name: 'value' }] },
      outputs: { at: [9, 0], ports: [{ name: 'number' }] },
      nodes: { n: { type: 'values.number', version: 1, at: [0, 0], inputs: { value: 3 } } },
      wires: {
        a: { from: ['subgraph-inputs', 'value'], to: ['n', 'value'] },
        b: { from: ['n', 'number'], to: ['subgraph-outputs', 'number'] },
      },
    },
  },
});

describe('values of an instance', () => {
  const insideValue = (document: Document, id = 'inst/n') =>
    flattenDocument(document).nodes[id]?.inputs.value;

  it('go to the nodes inside; what is not set keeps the value there', () => {
    expect(insideValue(numberInside(7))).toBe(7);
    expect(insideValue(numberInside())).toBe(3);
  });

  it('of the outermost instance count', () => {
    const document = numberInside(7);
    const outer = packed(document, 1)!;
    const id = definitionIdOf(outer.document.nodes[outer.instance]!)!;
    const exposed = produce(outer.document, (draft) => {
      const definition = draft.definitions![id]!;
      definition.inputs.ports.push({ name: 'n' });
      definition.wires.x = { from: ['subgraph-inputs', 'n'], to: ['inst', 'value'] };
    });
    expect(insideValue(exposed, `${outer.instance}/inst/n`)).toBe(7);
    const set = produce(exposed, (draft) => {
      draft.nodes[outer.instance]!.inputs.n = 1;
    });
    expect(insideValue(set, `${outer.instance}/inst/n`)).toBe(1);
  });

  it('give way to a wire', () => {
    const wired = produce(numberInside(7), (draft) => {
      draft.wires.w = { from: ['out', 'number'], to: ['inst', 'value'] };
    });
    expect(Object.values(flattenDocument(wired).wires)).toEqual([
      { from: ['out', 'number'], to: ['inst/n', 'value'] },
    ]);
  });

  it('of two instances of one definition are apart', () => {
    const document = numberInside(7);
    const two = produce(document, (draft) => {
      draft.nodes.other = { ...structuredClone(document.nodes.inst!), inputs: { value: 8 } };
    });
    expect([insideValue(two), insideValue(two, 'other/n')]).toEqual([7, 8]);
  });
});

describe('an instance that is switched off', () => {
  const template = templates.find(([name]) => name.startsWith('live-strength'))![1];
  const chain = (mode: 'mute' | 'bypass') =>
    produce(template, (draft) => {
      const adapter = Object.entries(template.nodes).find(([, { type }]) => type === 'adapters.apply')![0];
      const id = pack(draft, template, [itemKey('node', adapter)], 'Style')!;
      draft.nodes[id]!.mode = mode;
    });

  it('leaves out what hangs on it when muted, and names it', () => {
    const plan = planRun(chain('mute'), library);
    expect(plan.targets).toEqual([]);
    expect(plan.problems.map(({ message }) => message).join(' ')).toContain('“Style”');
  });

  it('passes values through when bypassed', () => {
    const plan = planRun(chain('bypass'), library);
    expect(plan.problems).toEqual([]);
    expect(plan.targets).toHaveLength(1);
    expect([...plan.nodes.values()].map(({ definition }) => definition.type)).not.toContain('adapters.apply');
  });
});

describe('running one instance', () => {
  it('means what it shows and what leaves it', () => {
    const [, document] = templates.find(([name]) => name.startsWith('text-to-image'))!;
    const { document: whole, instance } = packed(document, 2 ** 12 - 1)!;
    const { targets, problems } = planRun(whole, library, [instance]);
    expect(problems).toEqual([]);
    expect(targets.map((id) => id.replace(`${instance}/`, ''))).toEqual(planRun(document, library).targets);
  });

  it('inside another one is asked for by its path', () => {
    const { document, instance } = packed(numberInside(7), 1)!;
    expect(planRun(document, library, [`${instance}/inst/n`]).targets).toEqual([`${instance}/inst/n`]);
  });
});

/** Each definition holds ten instances of the next: a few lines that stand for 10^30 nodes. */
const laughs = (levels: number): Document => ({
  ...buildDocument({ a: { type: 'subgraph:d0' } }),
  definitions: Object.fromEntries(
    Array.from({ length: levels }, (_, i) => [
      `d${i}`,
      {
        title: `Level ${i}`,
        inputs: { at: [0, 0], ports: [] },
        outputs: { at: [0, 0], ports: [] },
        nodes: Object.fromEntries(
          Array.from({ length: 10 }, (_, n) => [
            `n${n}`,
            {
              type: i + 1 < levels ? `subgraph:d${i + 1}` : 'values.number',
              version: 1,
              at: [0, 0] as [number, number],
              inputs: {},
            },
          ]),
        ),
        wires: {},
      },
    ]),
  ),
});

describe('untrusted nesting', () => {
  it.each([
    ['a small file that unfolds to 10^12 nodes', laughs(12), /unfold to more than 20000 nodes/],
    [
      'subgraphs deeper than the limit',
      { ...laughs(LIMITS.nesting + 10) },
      /unfold to more|nested more than/,
    ],
  ])('%s is refused at once', (_, document, message) => {
    const startedAt = performance.now();
    expect(() => flattenDocument(document)).toThrow(UserError);
    expect(() => openDocument(JSON.stringify(document), library)).toThrow(message);
    expect(planRun(document, library).problems).toEqual([
      expect.objectContaining({ severity: 'error', message: expect.stringMatching(message) }),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('a chain of single instances is refused where it is too deep', () => {
    const document = laughs(LIMITS.nesting + 5);
    const chain = produce(document, (draft) => {
      for (const definition of Object.values(draft.definitions!))
        for (const id of Object.keys(definition.nodes)) if (id !== 'n0') delete definition.nodes[id];
    });
    expect(() => flattenDocument(chain)).toThrow(`Subgraphs are nested more than ${LIMITS.nesting} deep.`);
  });

  it('a subgraph inside itself is refused in a sentence', () => {
    const document = numberInside();
    const ring = produce(document, (draft) => {
      draft.definitions!.s!.nodes.me = { type: 'subgraph:s', version: 1, at: [0, 0], inputs: {} };
    });
    expect(() => flattenDocument(ring)).toThrow('The subgraph “Number” contains itself.');
    expect(planRun(ring, library).problems).toEqual([
      {
        severity: 'error',
        message: 'The subgraph “Number” contains itself.',
        hint: 'Remove the instance inside it.',
      },
    ]);
  });

  it('instances that only feed each other carry nothing, and do not hang', () => {
    const document = produce(numberInside(), (draft) => {
      const definition = draft.definitions!.s!;
      definition.wires = { p: { from: ['subgraph-inputs', 'value'], to: ['subgraph-outputs', 'number'] } };
      draft.nodes.b = { type: 'subgraph:s', version: 1, at: [0, 0], inputs: {} };
      draft.wires.x = { from: ['inst', 'number'], to: ['b', 'value'] };
      draft.wires.y = { from: ['b', 'number'], to: ['inst', 'value'] };
      draft.wires.z = { from: ['b', 'number'], to: ['out', 'value'] };
    });
    expect(flattenDocument(document).wires).toEqual({});
  });
});
