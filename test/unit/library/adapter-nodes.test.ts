import { describe, expect, it } from 'vitest';
import { UserError } from '../../../nodes/core/errors.ts';
import type { AdapterUse, ModelRecipe } from '../../../nodes/core/values.ts';
import type { RunContext } from '../../../nodes/execution/context.ts';
import adapterStack from '../../../nodes/library/adapters/adapter-stack.ts';
import applyAdapter from '../../../nodes/library/adapters/apply-adapter.ts';
import blockStrengths from '../../../nodes/library/adapters/block-strengths.ts';
import modelPerStep from '../../../nodes/library/sampling/model-per-step.ts';

const file = (name: string) => ({ name, sha256: name });
const part = (name: string) => ({ file: file(name), layout: 'zimage/diffusers' });
const model = (name: string, ...adapters: AdapterUse[]): ModelRecipe => ({
  part: part(name),
  adapters,
  shift: 3,
});

/** Services that know thirty layers; adapters called `bad` fit no model. */
function fakeContext() {
  const notices: string[] = [];
  const inspected: string[] = [];
  const context = {
    signal: new AbortController().signal,
    notice: (message: string) => notices.push(message),
    progress: () => undefined,
    artifact: () => undefined,
    services: {
      models: {
        openAdapter: async (opened: ModelRecipe, name: string) => {
          if (name === 'bad') throw new UserError(`${name} does not fit ${opened.part.file.name}.`);
          return { file: file(name), notices: name === 'odd' ? ['odd: it is odd.'] : [] };
        },
      },
      adapters: {
        blocks: async () => [
          ...Array.from({ length: 30 }, (_, i) => `layers.${i}`),
          'noise_refiner.0',
          'context_refiner.1',
          'cap_embedder',
        ],
        inspect: async (_: unknown, name: string) => {
          inspected.push(name);
          return { modules: [], unmatchedKeys: [], misfits: [], notices: [] };
        },
      },
    },
  } as unknown as RunContext;
  return { context, notices, inspected };
}

const twoStage = { ...model('a'), later: [{ from: 2, model: model('b') }] };

describe('Apply adapter', () => {
  const apply = (to: ModelRecipe, adapter: string, context = fakeContext().context) =>
    applyAdapter.run(context, { model: to, curve: undefined, adapter, strength: 0.5, per_step: [] });

  it('lays the adapter over every model of a run', async () => {
    const result = (await apply(twoStage, 'x')).model;
    const use = { file: file('x'), strength: 0.5 };
    expect(result.adapters).toEqual([use]);
    expect(result.later?.map((stage) => stage.model.adapters)).toEqual([[use]]);
    expect(twoStage.adapters).toEqual([]);
  });

  it('says each notice once', async () => {
    const { context, notices } = fakeContext();
    await apply(twoStage, 'odd', context);
    expect(notices).toEqual(['odd: it is odd.']);
  });

  it('carries its curve, and multiplies strengths that are given step by step', async () => {
    const curve = [[0, 1] as const, [1, 0] as const];
    const { model: result } = await applyAdapter.run(fakeContext().context, {
      model: model('m'),
      curve,
      adapter: 'x',
      strength: 0.5,
      per_step: [1, 2],
    });
    expect(result.adapters).toEqual([{ file: file('x'), strength: [0.5, 1], curve }]);
  });
});

describe('Adapter stack', () => {
  const stack = async (...rows: [adapter: string, strength: number, enabled: boolean][]) =>
    (
      await adapterStack.run(fakeContext().context, {
        model: model('m'),
        curve: undefined,
        adapters: rows.map(([adapter, strength, enabled]) => ({ adapter, strength, enabled })),
      })
    ).model.adapters.map(({ file: { name }, strength }) => [name, strength]);

  it('keeps rows that are off at strength 0, and leaves empty ones out', async () => {
    expect(await stack(['a', 1, true], ['', 1, true], ['b', 0.7, false])).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
  });

  it('fails for a row that does not fit only where it is on', async () => {
    await expect(stack(['bad', 1, true])).rejects.toBeInstanceOf(UserError);
    expect(await stack(['bad', 1, false], ['a', 1, true])).toEqual([['a', 1]]);
  });
});

describe('Block strengths', () => {
  const plain = {
    early: 1,
    middle: 1,
    late: 1,
    layers: [],
    refiners: 1,
    others: 1,
    applies_to: 'last',
    measure: false,
  } as const;
  const used = (name: string, blocks?: Record<string, number>): AdapterUse => ({
    file: file(name),
    strength: 1,
    ...(blocks && { blocks }),
  });
  type Changes = Partial<Parameters<typeof blockStrengths.run>[1]>;
  const run = async (changes: Changes, ...adapters: AdapterUse[]) =>
    (
      await blockStrengths.run(fakeContext().context, {
        model: model('m', ...adapters),
        ...plain,
        ...changes,
      })
    ).model.adapters;

  it('says nothing of blocks that keep 1', async () => {
    expect(await run({}, used('x'))).toEqual([used('x', {})]);
  });

  it('counts layers by thirds, ten each of thirty', async () => {
    const [use] = await run({ early: 0.1, middle: 0.2, late: 0.3, refiners: 0.4, others: 0.5 }, used('x'));
    const { blocks = {} } = use!;
    expect(
      ['layers.0', 'layers.9', 'layers.10', 'layers.19', 'layers.20', 'layers.29'].map((b) => blocks[b]),
    ).toEqual([0.1, 0.1, 0.2, 0.2, 0.3, 0.3]);
    expect([blocks['noise_refiner.0'], blocks['context_refiner.1'], blocks.cap_embedder]).toEqual([
      0.4, 0.4, 0.5,
    ]);
  });

  it('multiplies with single layers, and with what an earlier node set', async () => {
    const [use] = await run({ early: 0.5, layers: [1, 0.5] }, used('x', { 'layers.1': 2, 'layers.25': 3 }));
    expect(use!.blocks).toMatchObject({ 'layers.0': 0.5, 'layers.1': 0.5, 'layers.2': 0.5, 'layers.25': 3 });
  });

  it('concerns the last adapter, or all', async () => {
    const [first, last] = await run({ late: 0 }, used('x'), used('y'));
    expect([first!.blocks, last!.blocks?.['layers.29']]).toEqual([undefined, 0]);
    const all = await run({ late: 0, applies_to: 'all' }, used('x'), used('y'));
    expect(all.map(({ blocks }) => blocks?.['layers.29'])).toEqual([0, 0]);
  });

  it('measures only where it is wanted', async () => {
    for (const measure of [false, true]) {
      const { context, inspected } = fakeContext();
      await blockStrengths.run(context, { model: model('m', used('x')), ...plain, measure });
      expect(inspected).toEqual(measure ? ['x'] : []);
    }
  });
});

describe('Model per step', () => {
  const steps = (inputs: Partial<Parameters<typeof modelPerStep.run>[1]>) => {
    const { model: result } = modelPerStep.run(fakeContext().context, {
      first: model('a'),
      second: model('b'),
      third: undefined,
      fourth: undefined,
      second_from: 2,
      third_from: 3,
      fourth_from: 4,
      ...inputs,
    }) as { model: ModelRecipe };
    return [
      result.part.file.name,
      ...(result.later ?? []).map(({ from, model: m }) => `${m.part.file.name}@${from}`),
    ];
  };

  it('counts steps from 1, as people do', () => {
    expect(steps({})).toEqual(['a', 'b@1']);
    expect(steps({ third: model('c'), fourth: model('d'), fourth_from: 6 })).toEqual([
      'a',
      'b@1',
      'c@2',
      'd@5',
    ]);
  });

  it('keeps what a model does within its own steps', () => {
    const changing = { ...model('p'), later: [1, 3, 7].map((from) => ({ from, model: model(`p${from}`) })) };
    expect(steps({ first: changing, second_from: 3 })).toEqual(['p', 'p1@1', 'b@2']);
    expect(steps({ second: changing, second_from: 3, third: model('c'), third_from: 7 })).toEqual([
      'a',
      'p1@2',
      'p3@3',
      'c@6',
    ]);
  });

  it.each([{ second_from: 1 }, { third: model('c'), second_from: 4, third_from: 4 }])(
    'refuses an order no run could follow: %j',
    (inputs) => {
      expect(() => steps(inputs)).toThrow(UserError);
    },
  );
});
