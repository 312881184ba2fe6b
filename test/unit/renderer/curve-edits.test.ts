import fc from 'fast-check';
import { expect, it } from 'vitest';
import { curve } from '../../../nodes/core/inputs.ts';
import { readWidget } from '../../../nodes/core/widget-values.ts';
import {
  addPoint,
  movePoint,
  placeAfter,
  removePoint,
} from '../../../renderer/editor/widgets/curve-edits.ts';
import { movedItem, placeAt } from '../../../renderer/editor/widgets/row-edits.ts';

const widget = curve({ default: [[0, 1]], min: -1, max: 2, maxPoints: 12 });
const number = fc.double({ min: -3, max: 3, noNaN: true });
const edit = fc.tuple(fc.constantFrom('move', 'add', 'add after', 'remove'), fc.nat(20), number, number);

it('whatever is done to a curve, it stays one that its node takes', () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
      let points = [...widget.default];
      for (const [what, n, x, y] of edits) {
        const index = n % points.length;
        if (what === 'move') points = movePoint(points, index, [x, y], widget);
        else if (what === 'add') points = addPoint(points, [x, y], widget).points;
        else if (what === 'add after')
          points = addPoint(points, [placeAfter(points, index), y], widget).points;
        else points = removePoint(points, index);
        expect(readWidget(widget, points)).toEqual({ ok: true, value: points });
      }
    }),
  );
});

it('a point that is added is the one that is told, and goes where it was asked for', () => {
  const { points, index } = addPoint(
    [
      [0, 1],
      [1, 0],
    ],
    [0.25, 0.5],
    widget,
  );
  expect(points[index]).toEqual([0.25, 0.5]);
  // On top of one that is there, that one moves.
  expect(addPoint(points, [0.251, 2], widget)).toEqual({
    points: [
      [0, 1],
      [0.251, 2],
      [1, 0],
    ],
    index: 1,
  });
});

it('rows are put where they are dropped', () => {
  expect(movedItem(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(movedItem(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(movedItem(['a', 'b', 'c'], 1, 9)).toEqual(['a', 'c', 'b']);
  const middles = [10, 30, 50];
  expect([0, 20, 40, 60].map((y) => placeAt(middles, 0, y))).toEqual([0, 0, 1, 2]);
  expect([0, 20, 40, 60].map((y) => placeAt(middles, 2, y))).toEqual([0, 1, 2, 2]);
});
