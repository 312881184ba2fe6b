import { describe, expect, it } from 'vitest';
import { buildDocument, withInput } from '../../support/build-document.ts';
import { fakeEngine } from '../../support/fake-engine.ts';

const picture = (floats: number, name = '') => ({ type: 'fake.picture', inputs: { floats, name } });
const blend = { type: 'fake.blend' };
const frame = { type: 'fake.frame' };
/** Bytes of a shown picture of the fake nodes. */
const PNG = 10;

describe('values of a run', () => {
  it('are weighed: outputs and what was shown', async () => {
    const { run, executor } = fakeEngine();
    await run(buildDocument({ pic: picture(30), frame }, ['pic.image > frame.image']));
    expect(executor.cache.bytes).toBe(30 * 4 + PNG);
  });

  it('are given up after the last consumer had them, when they do not fit', async () => {
    const { run, executor, world } = fakeEngine({ budget: 0 });
    const held: Record<string, number> = {};
    world.during = ({ node }) => {
      held[node] = executor.cache.bytes;
    };
    await run(
      buildDocument({ pic: picture(300), b1: blend, b2: blend, b3: blend, frame }, [
        'pic.image > b1.image',
        'b1.image > b2.image',
        'pic.image > b2.other',
        'b2.image > b3.image',
        'b3.image > frame.image',
      ]),
    );
    // A blend weighs its image and an 8 byte number.
    expect(held).toEqual({ pic: 0, b1: 1200, b2: 2408, b3: 1208, frame: 1208 });
    expect(executor.cache.bytes).toBe(0);
  });

  it('are not computed twice in a run, however small the budget', async () => {
    const { run } = fakeEngine({ budget: 0 });
    const document = buildDocument({ pic: picture(300), same: picture(300), b1: blend, frame, f2: frame }, [
      'pic.image > b1.image',
      'same.image > b1.other',
      'b1.image > frame.image',
      'pic.image > f2.image',
    ]);
    // `same` is the same computation as `pic`, which is still in use.
    expect((await run(document)).ran).toEqual(['pic', 'b1', 'frame', 'f2']);
  });

  it('of a target that also feeds others stay until it was told', async () => {
    const { run } = fakeEngine({ budget: 0 });
    const document = buildDocument({ pic: picture(300), frame }, ['pic.image > frame.image']);
    expect((await run(document, { targets: ['frame', 'pic'] })).ran).toEqual(['pic', 'frame']);
  });

  it('are given up although a consumer was known from before', async () => {
    const { run, executor, world } = fakeEngine({ budget: 1600 });
    const nodes = { pic: picture(300), b1: blend, f1: frame, f2: frame, last: blend, f3: frame };
    const wires = [
      'pic.image > b1.image',
      'b1.image > f1.image',
      'pic.image > f2.image',
      'pic.image > last.image',
      'last.image > f3.image',
    ];
    const document = buildDocument(nodes, wires);
    await run(document, { targets: ['f1'] });
    const held: Record<string, number> = {};
    world.during = ({ node }) => {
      held[node] = executor.cache.bytes;
    };
    await run(withInput(document, 'last', { amount: 0.25 }));
    // By then nobody needs the first picture: f1 is known, so b1 never asks for it.
    expect(held.f3).toBeLessThanOrEqual(1600);
  });

  it('of a switch’s other side do not keep what feeds it', async () => {
    const { run, executor, world } = fakeEngine({ budget: 0 });
    let held = -1;
    world.during = ({ node }) => {
      if (node === 'frame') held = executor.cache.bytes;
    };
    await run(
      buildDocument(
        {
          pic: picture(300),
          b1: blend,
          b2: blend,
          flag: { type: 'fake.flag' },
          sw: { type: 'values.switch' },
          b3: blend,
          frame,
        },
        [
          'pic.image > b1.image',
          'pic.image > b2.image',
          'b1.image > sw.when_on',
          'b2.image > sw.when_off',
          'flag.on > sw.on',
          'sw.value > b3.image',
          'b3.image > frame.image',
        ],
      ),
    );
    // Only what frame itself consumes: b2 never ran, so the first picture was free to go.
    expect(held).toBe(1208);
  });
});

describe('values between runs', () => {
  const document = (name: string) => buildDocument({ pic: picture(300, name) });
  const only = { targets: ['pic'] };

  it('go when the budget is full, the least recently used first', async () => {
    const { run, executor } = fakeEngine({ budget: 2 * 1200 });
    await run(document('one'), only);
    await run(document('two'), only);
    expect((await run(document('one'), only)).ran).toEqual([]);
    await run(document('three'), only);
    expect(executor.cache.bytes).toBe(2400);
    expect((await run(document('one'), only)).ran).toEqual([]);
    expect((await run(document('two'), only)).ran).toEqual(['pic']);
  });

  it('go at once when the budget shrinks or the cache is cleared', async () => {
    const { run, executor } = fakeEngine();
    await run(document('one'), only);
    executor.cache.setBudget(100);
    expect(executor.cache.bytes).toBe(0);
    executor.cache.setBudget(2 ** 20);
    await run(document('one'), only);
    executor.cache.clear();
    expect((await run(document('one'), only)).ran).toEqual(['pic']);
  });
});
