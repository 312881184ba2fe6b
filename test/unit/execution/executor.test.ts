import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import { Cancelled, InvalidGraph, NodeFailure } from '../../../nodes/execution/failure.ts';
import type { Fact, ModelService } from '../../../nodes/execution/services.ts';
import { buildDocument, withInput } from '../../support/build-document.ts';
import { fakeEngine } from '../../support/fake-engine.ts';

const number = { type: 'fake.number' };
const add = { type: 'fake.add' };
const show = { type: 'fake.show' };

/** a + b = sum, and sum + c = total, which is shown. */
const sums = buildDocument(
  {
    a: number,
    b: { ...number, inputs: { value: 2 } },
    c: { ...number, inputs: { value: 3 } },
    sum: add,
    total: add,
    show,
  },
  ['a.value > sum.a', 'b.value > sum.b', 'sum.sum > total.a', 'c.value > total.b', 'total.sum > show.value'],
);

const failureOf = async (run: Promise<unknown>): Promise<unknown> => {
  try {
    await run;
  } catch (error) {
    return error;
  }
  throw new Error('It ran.');
};

describe('running', () => {
  it('computes everything once, each node after what feeds it, and gives what was shown', async () => {
    const { run } = fakeEngine();
    const result = await run(sums);
    expect(result.ran).toEqual(['a', 'b', 'sum', 'c', 'total', 'show']);
    expect(result.artifacts).toEqual([{ node: 'show', artifact: { kind: 'text', text: '6' }, facts: [] }]);
    expect(result.timings.map(({ node, type, cached }) => [node, type, cached])).toContainEqual([
      'sum',
      'fake.add',
      false,
    ]);
    expect(result.milliseconds).toBeGreaterThan(0);
  });

  it('tells of every node that it started and finished, with a line per output', async () => {
    const { run, events } = fakeEngine();
    await run(sums);
    expect(events.filter(({ node }) => node === 'sum')).toEqual([
      { kind: 'started', node: 'sum' },
      {
        kind: 'finished',
        node: 'sum',
        cached: false,
        milliseconds: expect.any(Number),
        outputs: { sum: '3' },
      },
    ]);
  });

  it('gives one value to many consumers and computes it once', async () => {
    const { run } = fakeEngine();
    const diamond = buildDocument({ a: number, sum: add, s1: show, s2: show }, [
      'a.value > sum.a',
      'a.value > sum.b',
      'sum.sum > s1.value',
      'a.value > s2.value',
    ]);
    const result = await run(diamond);
    expect(result.ran).toEqual(['a', 'sum', 's1', 's2']);
    expect(result.artifacts.map(({ artifact }) => artifact)).toEqual([
      { kind: 'text', text: '2' },
      { kind: 'text', text: '1' },
    ]);
  });

  it('runs 5,000 nodes in a row', async () => {
    const { run } = fakeEngine();
    const count = 5000;
    const chain = buildDocument(
      { a: number, ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, add])), show },
      [
        'a.value > n0.a',
        ...Array.from({ length: count - 1 }, (_, i) => [
          `n${i}.sum > n${i + 1}.a`,
          `a.value > n${i + 1}.b`,
        ]).flat(),
        `n${count - 1}.sum > show.value`,
      ],
    );
    const result = await run(chain);
    expect(result.artifacts[0]?.artifact).toEqual({ kind: 'text', text: String(count) });
    expect((await run(chain)).ran).toEqual([]);
  });

  it('does not run a plan with problems, or one with nothing to do', async () => {
    const { run, world } = fakeEngine();
    const unconnected = await failureOf(run(buildDocument({ s1: show, s2: show })));
    expect(unconnected).toBeInstanceOf(InvalidGraph);
    expect(unconnected).toMatchObject({
      message: '“Show” needs whole number at value. (and 1 more problem)',
      hint: 'Connect something to value.',
      problems: [{ node: 's1' }, { node: 's2' }],
    });
    expect(await failureOf(run(buildDocument({ a: number })))).toMatchObject({
      name: 'InvalidGraph',
      message: 'Nothing in this workflow shows or saves a picture.',
    });
    expect(
      await failureOf(run(buildDocument({ a: { ...number, mode: 'mute' } }), { targets: ['a'] })),
    ).toMatchObject({
      name: 'InvalidGraph',
      message: '“Number” (a) is muted.',
    });
    expect(world.ran).toEqual([]);
  });
});

describe('running again', () => {
  it('executes nothing when nothing changed, and still gives what was shown', async () => {
    const { run, events } = fakeEngine();
    const first = await run(sums);
    // Opened again: equal, but other objects.
    const again = await run(structuredClone(sums));
    expect(again.ran).toEqual([]);
    expect(again.artifacts).toEqual(first.artifacts);
    expect(again.timings).toMatchObject([{ node: 'show', cached: true }]);
    expect(events.map(({ kind }) => kind)).toEqual(['artifact', 'finished']);
  });

  it.each([
    ['a', ['a', 'sum', 'total', 'show']],
    ['c', ['c', 'total', 'show']],
  ])('executes only what depends on a changed value: %s', async (id, ran) => {
    const { run } = fakeEngine();
    await run(sums);
    expect((await run(withInput(sums, id, { value: 9 }))).ran).toEqual(ran);
  });

  it('knows values of two changes ago', async () => {
    const { run } = fakeEngine();
    await run(sums);
    await run(withInput(sums, 'a', { value: 9 }));
    expect((await run(withInput(sums, 'a', { value: 1 }))).ran).toEqual([]);
  });

  it('does not mind a node that moved or was renamed', async () => {
    const { run } = fakeEngine();
    await run(sums);
    const sum = { ...sums.nodes.sum!, at: [5, 5] as [number, number], title: 'My sum', collapsed: true };
    expect((await run({ ...sums, nodes: { ...sums.nodes, sum } })).ran).toEqual([]);
  });

  it('executes what depends on another wire', async () => {
    const { run } = fakeEngine();
    await run(sums);
    const wires = { ...sums.wires, w3: { from: ['b', 'value'], to: ['total', 'b'] } } as typeof sums.wires;
    expect((await run({ ...sums, wires })).ran).toEqual(['total', 'show']);
  });

  it('executes a node that is not pure every time, with what depends on it', async () => {
    const { run } = fakeEngine();
    const document = buildDocument({ dice: { type: 'fake.dice' }, a: number, sum: add, show, other: show }, [
      'dice.value > sum.a',
      'a.value > sum.b',
      'sum.sum > show.value',
      'a.value > other.value',
    ]);
    await run(document);
    expect((await run(document)).ran).toEqual(['dice', 'sum', 'show']);
  });

  it('executes what read a file whose content changed', async () => {
    let version = 1;
    const models = { fingerprint: async (kind: string, name: string) => `${kind}:${name}:${version}` };
    const { run } = fakeEngine({ services: { models: models as unknown as ModelService } });
    const document = buildDocument({ f: { type: 'fake.file', inputs: { name: 'nano' } } });
    expect((await run(document, { targets: ['f'] })).ran).toEqual(['f']);
    expect((await run(document, { targets: ['f'] })).ran).toEqual([]);
    version = 2;
    expect((await run(document, { targets: ['f'] })).ran).toEqual(['f']);
  });

  it('names the node whose file cannot be found', async () => {
    const models = {
      fingerprint: async () => {
        throw new UserError('there is no model “gone”', { hint: 'Put it there.' });
      },
    };
    const { run, world } = fakeEngine({ services: { models: models as unknown as ModelService } });
    const document = buildDocument({ f: { type: 'fake.file', title: 'My file', inputs: { name: 'gone' } } });
    expect(await failureOf(run(document, { targets: ['f'] }))).toMatchObject({
      name: 'InvalidGraph',
      message: 'name of “My file”: there is no model “gone”',
      hint: 'Put it there.',
      problems: [{ node: 'f', input: 'name' }],
    });
    expect(world.ran).toEqual([]);
  });

  it('does not take a whole number for a seed because a switch passed it on before', async () => {
    const { run } = fakeEngine();
    const nodes = {
      n: number,
      seeds: { type: 'values.seeds' },
      sw: { type: 'values.switch' },
      sum: add,
      w: { type: 'fake.widgets' },
    };
    const asNumber = buildDocument(nodes, ['n.value > sw.when_on', 'sw.value > sum.a']);
    await run(asNumber, { targets: ['sum'] });
    const asSeed = buildDocument(nodes, [
      'n.value > sw.when_on',
      'seeds.seeds > sw.when_off',
      'sw.value > w.seeds',
    ]);
    expect((await run(asSeed, { targets: ['w'] })).ran).toEqual(['w']);
  });
});

describe('preview', () => {
  it('tells what would run', async () => {
    const { run, preview } = fakeEngine();
    const states = async (document: typeof sums) => Object.fromEntries(await preview(document));
    expect(new Set(Object.values(await states(sums)))).toEqual(new Set(['run']));
    await run(sums);
    expect(new Set(Object.values(await states(sums)))).toEqual(new Set(['cached']));
    expect(await states(withInput(sums, 'c', { value: 9 }))).toEqual({
      a: 'cached',
      b: 'cached',
      sum: 'cached',
      c: 'run',
      total: 'run',
      show: 'run',
    });
  });

  it('does not ask for what is behind a known value, though it was dropped', async () => {
    const { run, preview, executor } = fakeEngine();
    const document = buildDocument(
      {
        pic: { type: 'fake.picture', inputs: { floats: 300 } },
        blend: { type: 'fake.blend' },
        frame: { type: 'fake.frame' },
      },
      ['pic.image > blend.image', 'blend.image > frame.image'],
    );
    await run(document);
    executor.cache.setBudget(20);
    expect(Object.fromEntries(await preview(document))).toEqual({
      pic: 'cached',
      blend: 'cached',
      frame: 'cached',
    });
    expect((await run(document)).ran).toEqual([]);
  });
});

describe('a switch', () => {
  const sides = ['yes.value > sw.when_on', 'no.value > sw.when_off', 'sw.value > show.value'];
  const nodes = { yes: number, no: { ...number, inputs: { value: 5 } }, show };

  it.each([
    [true, 'yes'],
    [false, 'no'],
  ])('computes only the side it is set to (%s)', async (on, side) => {
    const { run } = fakeEngine();
    const document = buildDocument({ ...nodes, sw: { type: 'values.switch', inputs: { on } } }, sides);
    expect((await run(document)).ran).toEqual([side, 'show']);
  });

  it.each([
    [true, 'yes'],
    [false, 'no'],
  ])('computes only the side that a wire chooses (%s)', async (on, side) => {
    const { run } = fakeEngine();
    const document = buildDocument(
      { ...nodes, flag: { type: 'fake.flag', inputs: { on } }, sw: { type: 'values.switch' } },
      [...sides, 'flag.on > sw.on'],
    );
    const { ran, artifacts } = await run(document);
    expect(ran).toEqual(['flag', side, 'show']);
    expect(artifacts[0]?.artifact).toEqual({ kind: 'text', text: on ? '1' : '5' });
  });

  it('knows both sides after both were chosen once', async () => {
    const { run } = fakeEngine();
    const at = (on: boolean) =>
      buildDocument({ ...nodes, sw: { type: 'values.switch', inputs: { on } } }, sides);
    await run(at(true));
    await run(at(false));
    expect((await run(at(true))).ran).toEqual([]);
  });

  it('says which side has nothing connected', async () => {
    const { run } = fakeEngine();
    const document = buildDocument(
      { yes: number, show, sw: { type: 'values.switch', inputs: { on: false } } },
      ['yes.value > sw.when_on', 'sw.value > show.value'],
    );
    expect(await failureOf(run(document))).toMatchObject({
      node: 'sw',
      expected: true,
      message: 'The switch is off, but nothing is connected to that side.',
      hint: 'Connect something to when_off.',
    });
  });
});

describe('a failure', () => {
  it('names the node, its title, its inputs, the cause and the remedy', async () => {
    const { run, events } = fakeEngine();
    const document = buildDocument(
      { a: number, bad: { type: 'fake.fail', title: 'Breaks', inputs: { why: 'no luck' } }, show },
      ['a.value > bad.a', 'bad.sum > show.value'],
    );
    const failure = await failureOf(run(document));
    expect(failure).toBeInstanceOf(NodeFailure);
    expect(failure).toMatchObject({
      node: 'bad',
      title: 'Breaks',
      message: 'no luck',
      hint: 'Do not.',
      expected: true,
      inputs: { a: '1', why: 'no luck' },
      cause: expect.any(UserError),
    });
    expect(events.at(-1)).toEqual({ kind: 'failed', node: 'bad', message: 'no luck', hint: 'Do not.' });
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
  });

  it('keeps what was computed before it', async () => {
    const { run, world } = fakeEngine();
    world.during = ({ node }) => {
      if (node === 'total') throw new Error('a defect');
    };
    expect(await failureOf(run(sums))).toMatchObject({
      node: 'total',
      expected: false,
      hint: undefined,
      message: 'a defect',
    });
    world.during = () => undefined;
    expect((await run(sums)).ran).toEqual(['total', 'show']);
  });

  it('is a node that gives nothing at an output', async () => {
    const { run } = fakeEngine();
    const document = buildDocument({ f: { type: 'fake.forget' } });
    expect(await failureOf(run(document, { targets: ['f'] }))).toMatchObject({
      node: 'f',
      expected: false,
      message: 'fake.forget gave nothing at value.',
    });
  });

  it('is a value by wire that the widget could not have', async () => {
    const { run } = fakeEngine();
    const document = buildDocument({ n: { ...number, inputs: { value: 11 } }, w: { type: 'fake.widgets' } }, [
      'n.value > w.int',
    ]);
    expect(await failureOf(run(document, { targets: ['w'] }))).toMatchObject({
      node: 'w',
      expected: true,
      message: 'int of “Widgets” got a value it cannot take: expected a number from 0 to 10.',
      hint: 'Change what is wired to int.',
      inputs: { int: '11' },
    });
  });
});

describe('cancelling', () => {
  it('before a run computes nothing, even where all is known', async () => {
    const { run, world } = fakeEngine();
    const controller = new AbortController();
    controller.abort();
    expect(await failureOf(run(sums, { signal: controller.signal }))).toBeInstanceOf(Cancelled);
    expect(world.ran).toEqual([]);
    await run(sums);
    expect(await failureOf(run(sums, { signal: controller.signal }))).toBeInstanceOf(Cancelled);
  });

  it('during a node takes whatever it throws for the answer', async () => {
    const { run, world, events } = fakeEngine();
    const controller = new AbortController();
    world.during = ({ node }) => {
      if (node !== 'sum') return;
      controller.abort();
      throw new Error('the session was stopped');
    };
    expect(await failureOf(run(sums, { signal: controller.signal }))).toBeInstanceOf(Cancelled);
    expect(world.ran).toEqual(['a', 'b', 'sum']);
    expect(events.some(({ kind }) => kind === 'failed')).toBe(false);
    world.during = () => undefined;
    expect((await run(sums)).ran).toEqual(['sum', 'c', 'total', 'show']);
  });

  it('between nodes keeps the value that was finished', async () => {
    const { run, world } = fakeEngine();
    const controller = new AbortController();
    world.during = ({ node }) => {
      if (node === 'sum') controller.abort();
    };
    expect(await failureOf(run(sums, { signal: controller.signal }))).toBeInstanceOf(Cancelled);
    expect(world.ran).toEqual(['a', 'b', 'sum']);
    expect((await run(sums)).ran).toEqual(['c', 'total', 'show']);
  });

  it('between targets is the answer although the rest is known', async () => {
    const { run, world } = fakeEngine();
    const b = { ...number, inputs: { value: 2 } };
    const document = buildDocument({ a: number, b, show }, ['b.value > show.value']);
    await run(document);
    const controller = new AbortController();
    world.during = () => controller.abort();
    const cancelled = run(document, { targets: ['a', 'show'], signal: controller.signal });
    expect(await failureOf(cancelled)).toBeInstanceOf(Cancelled);
  });

  it('lets go of all values', async () => {
    const { run, world, executor } = fakeEngine();
    const controller = new AbortController();
    world.during = ({ node }) => {
      if (node === 'total') controller.abort();
    };
    await failureOf(run(sums, { signal: controller.signal }));
    executor.cache.setBudget(0);
    expect(executor.cache.bytes).toBe(0);
  });
});

describe('notices and facts', () => {
  const fact: Fact = { kind: 'prompt', text: 'a cat' };

  it('come with everything made from them, once, and also from known values', async () => {
    const { run, world } = fakeEngine();
    world.during = (ctx) => {
      if (ctx.node === 'a') {
        ctx.notice('a is low');
        ctx.record(fact);
      }
      if (ctx.node === 'c') ctx.record({ kind: 'prompt', text: 'a dog' });
      // Equal to the first, but another object.
      if (ctx.node === 'total') ctx.record({ ...fact });
    };
    const told = {
      notices: [{ node: 'a', message: 'a is low' }],
      artifacts: [{ facts: [fact, { kind: 'prompt', text: 'a dog' }] }],
    };
    expect(await run(sums)).toMatchObject(told);
    expect(await run(sums)).toMatchObject(told);
    const changed = await run(withInput(sums, 'b', { value: 9 }));
    expect(changed.ran).not.toContain('a');
    expect(changed).toMatchObject(told);
  });

  it('reach a node before it runs', async () => {
    const { run, world } = fakeEngine();
    const seen: unknown[] = [];
    world.during = (ctx) => {
      if (ctx.node === 'a') ctx.record(fact);
      if (ctx.node === 'show') seen.push(...ctx.facts());
      if (ctx.node === 'c') expect(ctx.facts()).toEqual([]);
    };
    await run(sums);
    expect(seen).toEqual([fact]);
  });

  it('do not multiply along many paths', async () => {
    const { run, world } = fakeEngine();
    world.during = (ctx) => {
      if (ctx.node === 'n0') {
        ctx.notice('once');
        ctx.record(fact);
      }
    };
    const count = 40;
    const document = buildDocument(
      { n0: number, ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i + 1}`, add])) },
      Array.from({ length: count }, (_, i) =>
        ['a', 'b'].map((to) => `n${i}.${i === 0 ? 'value' : 'sum'} > n${i + 1}.${to}`),
      ).flat(),
    );
    const result = await run(document, { targets: [`n${count}`] });
    expect(result.notices).toEqual([{ node: 'n0', message: 'once' }]);
  });
});

describe('progress', () => {
  it('is told with the node, rate and time left, and its times are kept', async () => {
    const { run, world, events } = fakeEngine();
    world.during = (ctx) => {
      if (ctx.node !== 'a') return;
      for (const done of [1, 2]) ctx.progress({ done, total: 4, unit: 'step', milliseconds: 500 });
    };
    const result = await run(sums);
    expect(events.filter(({ kind }) => kind === 'progress')).toEqual([
      {
        kind: 'progress',
        node: 'a',
        done: 1,
        total: 4,
        unit: 'step',
        rate: 2,
        secondsLeft: 1.5,
        preview: undefined,
      },
      {
        kind: 'progress',
        node: 'a',
        done: 2,
        total: 4,
        unit: 'step',
        rate: 2,
        secondsLeft: 1,
        preview: undefined,
      },
    ]);
    expect(result.timings.find(({ node }) => node === 'a')?.units).toEqual([500, 500]);
  });

  it('what a node showed comes back with its value, also where what follows it is known, too', async () => {
    const { run, world, events } = fakeEngine();
    const drawn = new Map<number, () => Promise<Uint8Array>>();
    let value = 1;
    world.during = (ctx) => {
      if (ctx.node !== 'a') return;
      const preview = async () => new Uint8Array([value]);
      drawn.set(value, preview);
      ctx.progress({ done: 1, total: 1, unit: 'step', preview });
    };
    const shownBy = async (next: number) => {
      value = next;
      events.length = 0;
      await run(withInput(sums, 'a', { value: next }));
      return events.flatMap((event) => (event.kind === 'preview' ? [[event.node, event.preview]] : []));
    };
    expect(await shownBy(1)).toEqual([]);
    expect(await shownBy(5)).toEqual([]);
    expect(await shownBy(1)).toEqual([['a', drawn.get(1)]]);
  });
});
