import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRun } from '../../../nodes/graph/plan.ts';
import { buildDocument, withInput } from '../../support/build-document.ts';
import { fakeCatalogue } from '../../support/fake-nodes.ts';

const { catalogue } = fakeCatalogue();
const number = { type: 'fake.number' };
const add = { type: 'fake.add' };
const show = { type: 'fake.show' };
const mute = { mode: 'mute' } as const;
const plan = (document: ReturnType<typeof buildDocument>, targets?: readonly string[]) => {
  const { nodes, targets: ran, problems } = planRun(document, catalogue, targets);
  return { nodes: [...nodes.keys()], targets: ran, problems, planned: nodes };
};

describe('planRun', () => {
  it('orders what the targets need and leaves the rest out', () => {
    const document = buildDocument({ show, sum: add, unused: add, a: number, b: number }, [
      'a.value > sum.a',
      'b.value > sum.b',
      'sum.sum > show.value',
      'a.value > unused.a',
    ]);
    expect(plan(document)).toMatchObject({
      nodes: ['a', 'b', 'sum', 'show'],
      targets: ['show'],
      problems: [],
    });
    expect(plan(document, ['sum', 'b', 'sum'])).toMatchObject({
      nodes: ['a', 'b', 'sum'],
      targets: ['sum', 'b'],
    });
  });

  it('gives each node its own values and what is wired', () => {
    const document = buildDocument({ n: { ...number, inputs: { value: 7 } }, w: { type: 'fake.widgets' } }, [
      'n.value > w.int',
      'n.value > w.seed',
    ]);
    const { planned } = plan(document, ['w']);
    expect(planned.get('n')?.values).toEqual({ value: 7 });
    expect(planned.get('w')?.values).toEqual({
      float: 0.5,
      text: '',
      boolean: false,
      choice: 'left',
      file: '',
      numbers: [],
      seeds: [0n],
    });
    expect(planned.get('w')?.wired).toEqual({
      int: { from: ['n', 'value'], fromType: 'INT', toType: 'INT' },
      seed: { from: ['n', 'value'], fromType: 'INT', toType: 'SEED' },
    });
  });

  it('has nothing to do where nothing shows or writes', () => {
    expect(plan(buildDocument({ n: number }))).toMatchObject({ nodes: [], targets: [], problems: [] });
  });

  describe('problems', () => {
    it('name the nodes of a loop in the direction of the wires', () => {
      const document = buildDocument({ show, a: add, b: add, c: add }, [
        'a.sum > b.a',
        'b.sum > c.a',
        'c.sum > a.a',
        'c.sum > show.value',
      ]);
      expect(plan(document).problems).toEqual([
        {
          severity: 'error',
          node: 'c',
          message: 'These nodes feed each other in a loop: c → a → b → c.',
          hint: 'Remove one of the wires between them.',
        },
      ]);
    });

    it('name a node that feeds itself, and only some of a long loop', () => {
      const self = buildDocument({ a: add, show }, ['a.sum > a.a', 'a.sum > show.value']);
      expect(plan(self).problems.map(({ message }) => message)).toEqual([
        'These nodes feed each other in a loop: a → a.',
      ]);
      const long = buildDocument(
        Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`n${i}`, add])),
        Array.from({ length: 100 }, (_, i) => `n${i}.sum > n${(i + 1) % 100}.a`),
      );
      expect(plan(long, ['n99']).problems[0]?.message).toBe(
        'These nodes feed each other in a loop: n99 → … → n92 → n93 → n94 → n95 → n96 → n97 → n98 → n99.',
      );
    });

    it('name an input with nothing connected, by the title people see', () => {
      expect(plan(buildDocument({ show: { ...show, title: 'Result' } })).problems).toEqual([
        {
          severity: 'error',
          node: 'show',
          input: 'value',
          message: '“Result” needs whole number at value.',
          hint: 'Connect something to value.',
        },
      ]);
    });

    it('name a value that a widget cannot have', () => {
      const document = buildDocument({ show, n: { ...number, inputs: { value: -1 } } }, [
        'n.value > show.value',
      ]);
      expect(plan(document).problems).toEqual([
        {
          severity: 'error',
          node: 'n',
          input: 'value',
          message: 'value of “Number” cannot be -1: expected a number from 0 to 1000.',
          hint: 'Change the value on the node.',
        },
      ]);
      expect(plan(withInput(document, 'n', { value: 1 })).problems).toEqual([]);
    });

    it('name a file that is not chosen', () => {
      expect(plan(buildDocument({ f: { type: 'fake.file' } }), ['f']).problems).toMatchObject([
        { node: 'f', input: 'name', message: 'name of “File” cannot be "": no file is chosen.' },
      ]);
    });

    it('do not count a bad value that a wire replaces', () => {
      const document = buildDocument({ n: number, w: { type: 'fake.widgets', inputs: { int: 99 } } }, [
        'n.value > w.int',
      ]);
      expect(plan(document, ['w']).problems).toEqual([]);
    });

    it('name a wire of the wrong type', () => {
      const document = buildDocument({ show, pic: { type: 'fake.picture' } }, ['pic.image > show.value']);
      expect(plan(document).problems).toMatchObject([
        {
          severity: 'error',
          node: 'show',
          input: 'value',
          message: 'value of “Show” takes whole number, the wire carries image.',
        },
      ]);
    });

    it.each(['gone', 'constructor'])('name a wire from an output that is not there: %s', (output) => {
      const document = buildDocument({ show, n: number }, [`n.${output} > show.value`]);
      expect(plan(document).problems).toMatchObject([
        {
          severity: 'error',
          node: 'show',
          input: 'value',
          message: `The wire into value of “Show” carries nothing (n.${output}).`,
        },
      ]);
    });

    it('name an unknown kind of node that is needed, and no other', () => {
      const document = buildDocument({ show, x: { type: 'elsewhere.x' }, y: { type: 'elsewhere.y' } }, [
        'x.out > show.value',
      ]);
      const { problems, nodes } = plan(document);
      expect(problems).toMatchObject([
        { severity: 'error', node: 'x', message: 'There is no node type “elsewhere.x”.' },
      ]);
      expect(nodes).toEqual([]);
    });

    it.each(['ghost', 'constructor'])('name a target that is not there: %s', (id) => {
      expect(plan(buildDocument({ show }), [id]).problems).toMatchObject([
        { severity: 'error', node: id, message: `There is no node ${id}.` },
      ]);
    });

    it('warn of a value nobody reads', () => {
      const document = buildDocument({ n: { ...number, inputs: { old: 1 } } });
      expect(plan(document, ['n']).problems).toMatchObject([
        { severity: 'warning', node: 'n', input: 'old' },
      ]);
    });
  });

  describe('with muted nodes', () => {
    it('leaves out what hangs on them, without calling that a mistake', () => {
      const document = buildDocument(
        { muted: { ...number, ...mute }, sum: add, s1: { ...show, title: 'First' }, s2: show, n: number },
        ['muted.value > sum.a', 'sum.sum > s1.value', 'n.value > s2.value'],
      );
      expect(plan(document)).toMatchObject({
        nodes: ['n', 's2'],
        targets: ['s2'],
        problems: [
          {
            severity: 'warning',
            node: 's1',
            message: '“First” (s1) is left out: it needs “Number” (muted), which is muted.',
            hint: 'Switch “Number” (muted) on to run it.',
          },
        ],
      });
    });

    it('says nothing about mistakes on nodes that are left out', () => {
      const document = buildDocument(
        { muted: { ...number, ...mute }, sum: { ...add, inputs: { old: 1 } }, show: { ...show, version: 9 } },
        ['muted.value > sum.a', 'sum.sum > show.value'],
      );
      expect(plan(document).problems.map(({ severity }) => severity)).toEqual(['warning']);
    });

    it.each([
      ['directly', ['muted.value > sum.b', 'muted.value > w.int']],
      ['further up', ['muted.value > between.a', 'between.sum > sum.b', 'between.sum > w.int']],
    ])('goes without an optional input and falls back on a widget’s own value (%s)', (_, wires) => {
      const document = buildDocument(
        {
          muted: { ...number, ...mute },
          between: add,
          n: number,
          sum: add,
          w: { type: 'fake.widgets', inputs: { int: 4 } },
        },
        ['n.value > sum.a', ...wires],
      );
      const { planned, problems, nodes } = plan(document, ['sum', 'w']);
      expect(nodes).toEqual(['n', 'sum', 'w']);
      expect(problems).toEqual([]);
      expect(Object.keys(planned.get('sum')!.wired)).toEqual(['a']);
      expect(planned.get('w')?.values.int).toBe(4);
    });

    it('takes neither a muted nor a bypassed node for a target of a whole run', () => {
      const document = buildDocument(
        { n: number, s1: { ...show, ...mute }, s2: { ...show, mode: 'bypass' } },
        ['n.value > s1.value', 'n.value > s2.value'],
      );
      expect(plan(document)).toMatchObject({ nodes: [], targets: [], problems: [] });
    });

    it('says so when a muted node is asked for', () => {
      const document = buildDocument({ n: { ...number, ...mute } });
      expect(plan(document, ['n'])).toMatchObject({
        targets: [],
        problems: [{ severity: 'warning', node: 'n', message: '“Number” (n) is muted.' }],
      });
    });
  });

  it('feeds a node from beyond a bypassed one, which itself takes no part', () => {
    const document = buildDocument({ n: number, skip: { ...add, mode: 'bypass' }, show }, [
      'n.value > skip.a',
      'skip.sum > show.value',
    ]);
    expect(plan(document)).toMatchObject({ nodes: ['n', 'show'], problems: [] });
  });

  describe('with lazy inputs', () => {
    const sides = ['yes.value > sw.when_on', 'no.value > sw.when_off', 'sw.value > show.value'];
    const nodes = { yes: number, no: number, show };

    it.each([
      [true, 'yes'],
      [false, 'no'],
    ])('leaves the side that is not chosen out when the choice is known (%s)', (on, side) => {
      const document = buildDocument({ ...nodes, sw: { type: 'values.switch', inputs: { on } } }, sides);
      expect(plan(document)).toMatchObject({ nodes: [side, 'sw', 'show'], problems: [] });
    });

    it('plans both sides when the choice comes by wire', () => {
      const document = buildDocument(
        { ...nodes, flag: { type: 'fake.flag' }, sw: { type: 'values.switch' } },
        [...sides, 'flag.on > sw.on'],
      );
      expect(plan(document).nodes).toEqual(['flag', 'yes', 'no', 'sw', 'show']);
    });

    it('does not mind mistakes or unknown nodes on the side that is not chosen', () => {
      const document = buildDocument(
        { yes: number, no: { type: 'elsewhere' }, show, sw: { type: 'values.switch' } },
        sides,
      );
      expect(plan(document)).toMatchObject({ nodes: ['yes', 'sw', 'show'], problems: [] });
    });
  });

  it('walks 20,000 nodes in a row, and a loop of them', () => {
    const count = 20_000;
    const nodes = {
      n: number,
      ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, add])),
    };
    const wires = [
      'n.value > a0.b',
      ...Array.from({ length: count - 1 }, (_, i) => `a${i}.sum > a${i + 1}.a`),
    ];
    const last = `a${count - 1}`;
    const chain = plan(buildDocument(nodes, [...wires, 'n.value > a0.a']), [last]);
    expect(chain.nodes).toHaveLength(count + 1);
    expect(chain.problems).toEqual([]);
    const loop = plan(buildDocument(nodes, [...wires, `${last}.sum > a0.a`]), [last]);
    expect(loop.problems.map(({ message }) => message.slice(0, 40))).toEqual([
      'These nodes feed each other in a loop: a',
    ]);
  });

  it('puts every node after what feeds it, and in a plan without problems nothing is missing', () => {
    const graph = fc.integer({ min: 1, max: 12 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        wires: fc.uniqueArray(fc.tuple(fc.nat(count - 1), fc.nat(count - 1), fc.constantFrom('a', 'b')), {
          selector: ([, to, input]) => `${to}.${input}`,
          maxLength: 24,
        }),
        modes: fc.array(
          fc.constantFrom(undefined, undefined, undefined, 'mute' as const, 'bypass' as const),
          { minLength: count, maxLength: count },
        ),
        targets: fc.array(fc.nat(count - 1), { minLength: 1, maxLength: 3 }),
      }),
    );
    let clean = 0;
    fc.assert(
      fc.property(graph, ({ count, wires, modes, targets }) => {
        const nodes = Object.fromEntries(
          Array.from({ length: count }, (_, i) => [
            `n${i}`,
            { ...(wires.some(([, to]) => to === i) ? add : number), ...(modes[i] && { mode: modes[i] }) },
          ]),
        );
        const document = buildDocument(
          nodes,
          wires.map(
            ([from, to, input]) =>
              `n${from}.${nodes[`n${from}`]!.type === 'fake.add' ? 'sum' : 'value'} > n${to}.${input}`,
          ),
        );
        const {
          nodes: planned,
          targets: ran,
          problems,
        } = planRun(
          document,
          catalogue,
          targets.map((i) => `n${i}`),
        );
        if (problems.some(({ severity }) => severity === 'error')) return;
        clean++;
        const seen = new Set<string>();
        for (const [id, { wired, definition }] of planned) {
          for (const { from } of Object.values(wired)) expect(seen).toContain(from[0]);
          if (definition.type === 'fake.add') expect(Object.keys(wired)).toContain('a');
          seen.add(id);
        }
        for (const id of ran) expect(seen).toContain(id);
      }),
      { numRuns: 1000 },
    );
    expect(clean).toBeGreaterThan(100);
  });
});
