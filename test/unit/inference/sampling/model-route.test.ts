import { describe, expect, it } from 'vitest';
import type { AdapterUse, ModelRecipe } from '../../../../nodes/core/values.ts';
import { routeModel } from '../../../../nodes/inference/sampling/model-route.ts';

const file = (name: string) => ({ name, sha256: name });
const part = (name: string) => ({ file: file(name), layout: 'zimage/diffusers' });
const use = (name: string, strength: AdapterUse['strength'], more: Partial<AdapterUse> = {}): AdapterUse => ({
  file: file(name),
  strength,
  ...more,
});
const model = (name: string, ...adapters: AdapterUse[]): ModelRecipe => ({
  part: part(name),
  adapters,
  shift: 3,
});
const strengths = (recipe: ModelRecipe, count: number) =>
  routeModel(recipe, count).steps.map(({ adapterStrengths }) =>
    adapterStrengths.map(({ strength }) => Math.round(strength * 1000) / 1000),
  );

describe('strengths', () => {
  it('are one number, or a list whose last repeats', () => {
    expect(strengths(model('m', use('a', 0.5), use('b', [1, 0]), use('c', [])), 3)).toEqual([
      [0.5, 1, 0],
      [0.5, 0, 0],
      [0.5, 0, 0],
    ]);
  });

  it('follow a curve from the first step to the last', () => {
    const ramp = use('a', 2, {
      curve: [
        [0, 0],
        [1, 1],
      ],
    });
    expect(strengths(model('m', ramp), 5)).toEqual([[0], [0.5], [1], [1.5], [2]]);
    expect(strengths(model('m', ramp), 1)).toEqual([[0]]);
  });

  it('carry their blocks', () => {
    const blocks = { 'layers.0': 0.5 };
    expect(routeModel(model('m', use('a', 1, { blocks })), 1).steps[0]!.adapterStrengths).toEqual([
      { strength: 1, blocks },
    ]);
  });
});

describe('models that take over', () => {
  it('run from their step on', () => {
    const route = routeModel(
      {
        ...model('a'),
        later: [
          { from: 1, model: model('b') },
          { from: 3, model: model('a') },
        ],
      },
      4,
    );
    expect(
      route.networks.map(
        ({
          part: {
            file: { name },
          },
        }) => name,
      ),
    ).toEqual(['a', 'b']);
    expect(route.steps.map((step) => step.model)).toEqual([0, 1, 1, 0]);
  });

  it('share a network where only the adapters differ', () => {
    const recipe = { ...model('m', use('x', 1)), later: [{ from: 2, model: model('m', use('y', 0.5)) }] };
    expect(routeModel(recipe, 3).networks).toEqual([{ part: part('m'), adapters: [file('x'), file('y')] }]);
    expect(strengths(recipe, 3)).toEqual([
      [1, 0],
      [1, 0],
      [0, 0.5],
    ]);
  });

  it('are others at another precision', () => {
    const at = (precision: 'f16' | 'int8') => ({ ...model('m'), part: { ...part('m'), precision } });
    const route = routeModel({ ...at('f16'), later: [{ from: 1, model: at('int8') }] }, 2);
    expect(route.networks.map((network) => network.part.precision)).toEqual(['f16', 'int8']);
  });

  it('keep the same file twice as two', () => {
    const recipe = {
      ...model('m', use('x', 1), use('x', 2)),
      later: [{ from: 1, model: model('m', use('x', 3)) }],
    };
    expect(strengths(recipe, 2)).toEqual([
      [1, 2],
      [3, 0],
    ]);
  });

  it('that begin after the end are never asked for', () => {
    const route = routeModel({ ...model('a'), later: [{ from: 9, model: model('b') }] }, 2);
    expect(route.networks).toHaveLength(1);
    expect(route.steps.map((step) => step.model)).toEqual([0, 0]);
  });
});
