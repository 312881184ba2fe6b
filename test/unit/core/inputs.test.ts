import { describe, expect, expectTypeOf, it } from 'vitest';
import type { CurvePoint } from '../../../nodes/core/curve.ts';
import {
  boolean,
  choice,
  curve,
  file,
  float,
  type InputValue,
  int,
  list,
  numbers,
  seed,
  seeds,
  text,
  type Widget,
  wireTypeOf,
} from '../../../nodes/core/inputs.ts';
import { checkWired, filesNamed, isLiveChange, readWidget } from '../../../nodes/core/widget-values.ts';

const MAX_SEED = '18446744073709551615';
const widgets = {
  int: int({ default: 1, min: 0, max: 10 }),
  float: float({ default: 0.5, min: -1, max: 1 }),
  seed: seed(),
  text: text({ maxLength: 3 }),
  boolean: boolean(),
  choice: choice(['left', 'right']),
  file: file('model'),
  optionalFile: file('vae', { optional: true }),
  numbers: numbers({ min: 0, max: 1, maxItems: 3 }),
  seeds: seeds({ maxItems: 2 }),
  curve: curve({ default: [[0, 1]], min: 0, max: 2, live: true, maxPoints: 3 }),
  list: list({
    item: {
      adapter: file('adapter'),
      strength: float({ default: 1, min: -2, max: 2, live: true }),
      enabled: boolean({ default: true }),
    },
    maxItems: 2,
  }),
} satisfies Record<string, Widget>;
type Name = keyof typeof widgets;

describe('readWidget', () => {
  it.each<[Name, unknown, unknown]>([
    ['int', 10, 10],
    ['float', -1, -1],
    ['float', 0.25, 0.25],
    ['seed', MAX_SEED, [2n ** 64n - 1n]],
    ['seed', 7, [7n]],
    ['seed', '007', [7n]],
    ['text', 'abc', 'abc'],
    ['boolean', false, false],
    ['choice', 'right', 'right'],
    ['file', 'nano', 'nano'],
    ['optionalFile', '', ''],
    ['numbers', [1, 0.5, 0], [1, 0.5, 0]],
    ['numbers', [], []],
    ['seeds', ['1', 2], [1n, 2n]],
    ['curve', [[0.5, 2]], [[0.5, 2]]],
    [
      'curve',
      [
        [0, 0],
        [0.25, 1],
        [1, 2],
      ],
      [
        [0, 0],
        [0.25, 1],
        [1, 2],
      ],
    ],
    ['list', [], []],
    ['list', [{ adapter: 'a' }], [{ adapter: 'a', strength: 1, enabled: true }]],
    [
      'list',
      [{ adapter: 'a', strength: 0, enabled: false, of_the_future: [1] }],
      [{ adapter: 'a', strength: 0, enabled: false }],
    ],
  ])('%s takes %j', (name, raw, value) => {
    expect(readWidget(widgets[name], raw)).toEqual({ ok: true, value });
  });

  it.each<[Name, unknown, string]>([
    ['int', 11, 'expected a number from 0 to 10'],
    ['int', 1.5, 'expected a whole number'],
    ['int', '1', 'expected a number from 0 to 10'],
    ['int', Number.NaN, 'expected a number from 0 to 10'],
    ['float', 1.0001, 'expected a number from -1 to 1'],
    ['float', Number.POSITIVE_INFINITY, 'expected a number from -1 to 1'],
    ['float', null, 'expected a number from -1 to 1'],
    ['seed', '18446744073709551616', `expected a whole number from 0 to ${MAX_SEED}`],
    ['seed', -1, `expected a whole number from 0 to ${MAX_SEED}`],
    ['seed', 2 ** 60, `expected a whole number from 0 to ${MAX_SEED}`],
    ['seed', '12a', `expected a whole number from 0 to ${MAX_SEED}`],
    ['seed', ['1'], `expected a whole number from 0 to ${MAX_SEED}`],
    ['text', 'abcd', 'expected at most 3 characters'],
    ['text', 1, 'expected a text'],
    ['boolean', 'yes', 'expected yes or no'],
    ['choice', 'up', 'expected one of left, right'],
    ['choice', 'constructor', 'expected one of left, right'],
    ['file', '', 'no file is chosen'],
    ['file', 3, 'expected a text'],
    ['numbers', [0, 2], 'expected a number from 0 to 1 (item 2)'],
    ['numbers', [0, 0, 0, 0], 'expected at most 3 numbers'],
    ['numbers', '1,2', 'expected a list of numbers'],
    ['seeds', [], 'expected 1 to 2 seeds'],
    ['seeds', ['1', '2', '3'], 'expected 1 to 2 seeds'],
    ['seeds', ['1', 'x'], `expected a whole number from 0 to ${MAX_SEED} (item 2)`],
    ['curve', [], 'expected 1 to 3 points'],
    [
      'curve',
      [
        [0, 0],
        [0.1, 0],
        [0.2, 0],
        [0.3, 0],
      ],
      'expected 1 to 3 points',
    ],
    ['curve', [[0, 3]], 'expected a number from 0 to 2 (item 1)'],
    ['curve', [[1.5, 1]], 'expected a number from 0 to 1 (item 1)'],
    [
      'curve',
      [
        [0.5, 0],
        [0.5, 1],
      ],
      'expected points from left to right',
    ],
    ['curve', [[0, 1, 2]], 'expected a point [x, y] (item 1)'],
    ['curve', 'flat', 'expected a list of points'],
    ['list', {}, 'expected a list of rows'],
    ['list', [1], 'expected a row of values (item 1)'],
    ['list', [{ adapter: 'a' }, {}], 'no file is chosen (item 2, adapter)'],
    ['list', [{ adapter: 'a', strength: 9 }], 'expected a number from -2 to 2 (item 1, strength)'],
    ['list', [{ adapter: 'a' }, { adapter: 'b' }, { adapter: 'c' }], 'expected at most 2 rows'],
  ])('%s refuses %j', (name, raw, reason) => {
    expect(readWidget(widgets[name], raw)).toEqual({ ok: false, reason });
  });
});

describe('checkWired', () => {
  it.each<[Name, unknown]>([
    ['int', 3],
    ['float', 1],
    ['seed', [5n]],
    ['seeds', [5n, 6n]],
    ['text', 'ab'],
  ])('%s takes %s', (name, value) => {
    expect(checkWired(widgets[name], value)).toEqual({ ok: true });
  });

  it.each<[Name, unknown, string]>([
    ['int', -5, 'expected a number from 0 to 10'],
    ['text', 'abcd', 'expected at most 3 characters'],
    ['seed', [5n, 6n], 'expected one seed, got 2'],
    ['seed', [], 'expected one seed, got 0'],
    ['seeds', [1n, 2n, 3n], 'expected 1 to 2 seeds, got 3'],
  ])('%s refuses %s', (name, value, reason) => {
    expect(checkWired(widgets[name], value)).toEqual({ ok: false, reason });
  });
});

describe('declaring', () => {
  it('gives every widget a wire type, or none where it takes no wire', () => {
    const types = Object.fromEntries(
      Object.entries(widgets).map(([name, widget]) => [name, wireTypeOf(widget)]),
    );
    expect(types).toEqual({
      int: 'INT',
      float: 'FLOAT',
      seed: 'SEED',
      text: 'TEXT',
      boolean: 'BOOLEAN',
      choice: undefined,
      file: undefined,
      optionalFile: undefined,
      numbers: undefined,
      seeds: 'SEED',
      curve: undefined,
      list: undefined,
    });
    expect(wireTypeOf(numbers({ min: 0, max: 1, wire: true }))).toBe('SIGMAS');
    expect(wireTypeOf(int({ default: 0, min: 0, max: 1, wire: false }))).toBeUndefined();
  });

  it('takes the first option of a choice as its default and refuses an empty choice', () => {
    expect(choice(['a', { value: 'b', doc: 'B' }]).default).toBe('a');
    expect(choice(['a', 'b'], { default: 'b' }).default).toBe('b');
    expect(() => choice([])).toThrow(RangeError);
  });
});

it('finds every file that values name, in rows too', () => {
  const inputs = {
    model: file('model'),
    vae: file('vae', { optional: true }),
    stack: widgets.list,
    n: widgets.int,
  };
  const values = { model: 'm', vae: '', stack: [{ adapter: 'a' }, { adapter: 'b', strength: 1 }], n: 1 };
  expect(filesNamed(inputs, values)).toEqual([
    { input: 'model', kind: 'model', name: 'm' },
    { input: 'stack', kind: 'adapter', name: 'a' },
    { input: 'stack', kind: 'adapter', name: 'b' },
  ]);
  expect(filesNamed(inputs, {})).toEqual([]);
});

describe('isLiveChange', () => {
  const row = { adapter: 'a', strength: 1 };
  it.each<[string, Widget, unknown, unknown, boolean]>([
    ['a plain number', widgets.float, 0, 1, false],
    ['a live number', float({ default: 0, min: 0, max: 1, live: true }), 0, 1, true],
    ['a live curve', widgets.curve, [[0, 1]], [[0, 2]], true],
    ['a curve that is not', curve({ default: [[0, 1]], min: 0, max: 1 }), [[0, 1]], [[0, 0]], false],
    ['a live field of a row', widgets.list, [row], [{ ...row, strength: 0 }], true],
    ['another field of a row', widgets.list, [row], [{ ...row, enabled: false }], false],
    ['another file in a row', widgets.list, [row], [{ ...row, adapter: 'b' }], false],
    ['a row more', widgets.list, [row], [row, row], false],
    ['the first row', widgets.list, undefined, [row], false],
    ['damaged rows', widgets.list, [null], [row], false],
  ])('%s', (_, widget, from, to, live) => {
    expect(isLiveChange(widget, from, to)).toBe(live);
  });
});

it('tells a node what its curves and rows hold', () => {
  expectTypeOf<InputValue<typeof widgets.curve>>().toEqualTypeOf<readonly CurvePoint[]>();
  expectTypeOf<InputValue<typeof widgets.list>>().toEqualTypeOf<
    readonly { readonly adapter: string; readonly strength: number; readonly enabled: boolean }[]
  >();
});
