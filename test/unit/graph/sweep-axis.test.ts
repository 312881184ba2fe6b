import { describe, expect, it } from 'vitest';
import {
  axisValues,
  findTarget,
  type SweepTarget,
  sweepTargets,
  targetName,
} from '../../../nodes/graph/sweep-axis.ts';
import { library } from '../../../nodes/library/index.ts';
import { buildDocument } from '../../support/build-document.ts';

const row = (adapter: string) => ({ adapter, strength: 1, enabled: true });
const document = buildDocument({
  adapter: { type: 'adapters.apply', inputs: { adapter: 'a.safetensors' }, title: 'Glossy' },
  stack: { type: 'adapters.stack', inputs: { adapters: [row('b'), row('c')] } },
  noise: { type: 'sampling.noise' },
  prompt: { type: 'prompts.encode' },
  schedule: { type: 'sampling.schedule' },
  save: { type: 'images.save' },
  model: { type: 'models.load' },
});

const target = (name: string): SweepTarget => {
  const found = findTarget(document, library, name);
  if (typeof found === 'string') throw new Error(found);
  return found;
};
const valuesOf = (name: string, text: string) => {
  const values = axisValues(target(name), text);
  return typeof values === 'string' ? values : values.map(({ value }) => value);
};
const labelsOf = (name: string, text: string) => {
  const values = axisValues(target(name), text);
  return typeof values === 'string' ? values : values.map(({ label }) => label);
};

describe('inputs that can vary', () => {
  it('are values, and the fields of every row of a list', () => {
    expect(sweepTargets(document, library, 'stack').map(targetName)).toEqual([
      'stack.adapters.1.enabled',
      'stack.adapters.1.adapter',
      'stack.adapters.1.strength',
      'stack.adapters.2.enabled',
      'stack.adapters.2.adapter',
      'stack.adapters.2.strength',
    ]);
    expect(sweepTargets(document, library, 'adapter').map(targetName)).toEqual([
      'adapter.adapter',
      'adapter.strength',
    ]);
  });

  it('are called as people call their node', () => {
    expect(target('adapter.strength').title).toBe('Glossy strength');
    expect(target('stack.adapters.2.strength').title).toBe('Adapter stack 2 strength');
  });

  it.each(['nowhere.strength', 'adapter.model', 'adapter', 'stack.adapters.3.strength', '__proto__.x', ''])(
    'are not “%s”',
    (name) => {
      expect(findTarget(document, library, name)).toBeTypeOf('string');
    },
  );
});

describe('values', () => {
  it.each([
    ['adapter.strength', '0, 0.5; 1\n-1', [0, 0.5, 1, -1]],
    ['adapter.strength', '0..1 in 5', [0, 0.25, 0.5, 0.75, 1]],
    ['adapter.strength', '1..-1 in 3', [1, 0, -1]],
    ['schedule.steps', '1..4, 8', [1, 2, 3, 4, 8]],
    ['schedule.steps', '3..1', [3, 2, 1]],
    [
      'noise.seed',
      '18446744073709551613..18446744073709551615',
      [['18446744073709551613'], ['18446744073709551614'], ['18446744073709551615']],
    ],
    ['noise.generator', 'cpu, cuda', ['cpu', 'cuda']],
    ['prompt.text', 'a fox, red\n\n  a cat  ', ['a fox, red', 'a cat']],
    ['save.workflow', 'yes, no', [true, false]],
    ['model.model', 'nano, other/model.safetensors', ['nano', 'other/model.safetensors']],
    ['stack.adapters.1.strength', '0..1 in 2', [0, 1]],
  ])('of %s from %j', (name, text, values) => {
    expect(valuesOf(name, text)).toEqual(values);
  });

  it.each([
    ['adapter.strength', ' , ', 'There are no values to try'],
    ['adapter.strength', '0, x', 'Glossy strength cannot be “x”: expected a number from -2 to 2'],
    ['adapter.strength', '5', 'cannot be “5”'],
    ['schedule.steps', '1.5', 'expected a whole number'],
    ['noise.generator', 'tpu', 'expected one of cpu, cuda'],
    ['noise.seed', '1..1000', 'More than 32 values are too many'],
    ['adapter.strength', '0..1 in 1000000', 'More than 32 values are too many'],
    ['adapter.strength', '0..1 in 0', 'There are no values to try'],
  ])('of %s are refused: %j', (name, text, message) => {
    expect(valuesOf(name, text)).toContain(message);
  });

  it('are labelled shortly, with a name where they say too little', () => {
    expect(labelsOf('adapter.strength', '0..1 in 4')).toEqual([
      'strength 0',
      'strength 0.3333',
      'strength 0.6667',
      'strength 1',
    ]);
    expect(labelsOf('noise.seed', '18446744073709551615')).toEqual(['seed 18446744073709551615']);
    expect(labelsOf('prompt.text', 'a fox')).toEqual(['a fox']);
    expect(labelsOf('model.model', 'folder/x.safetensors')).toEqual(['x.safetensors']);
  });
});
