import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sameJson } from '../../../nodes/core/same-json.ts';

it.each<[unknown, unknown, boolean]>([
  [{ a: 1, b: [2, { c: 3 }] }, { b: [2, { c: 3 }], a: 1 }, true],
  [{ a: undefined }, {}, true],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [null, {}, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ constructor: 1 }, {}, false],
  ['1', 1, false],
])('%j and %j: %s', (a, b, same) => {
  expect(sameJson(a, b)).toBe(same);
  expect(sameJson(b, a)).toBe(same);
});

it('a value is the same as its copy', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(sameJson(value, structuredClone(value))).toBe(true);
    }),
  );
});
