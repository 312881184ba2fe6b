import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  actualSize,
  fitView,
  panned,
  wheelFactor,
  withinLimits,
  zoomed,
} from '../../../renderer/pictures/viewer/pan-zoom.ts';

const picture = { width: 1024, height: 512 };
const pane = { width: 848, height: 648 };

/** The point of the picture at a place of the pane, given from its middle. */
const under = ({ scale, center }: ReturnType<typeof fitView>, at: { x: number; y: number }) => ({
  x: center.x + at.x / scale,
  y: center.y + at.y / scale,
});

describe('what of a picture is seen', () => {
  test('a picture that fits touches the margin on its longer side', () => {
    expect(fitView(picture, pane)).toEqual({ scale: 800 / 1024, center: { x: 512, y: 256 } });
    expect(fitView({ width: 10, height: 100 }, pane).scale).toBe(6);
  });

  test('at its actual size a pixel of the picture is one of the screen', () => {
    expect(actualSize(fitView(picture, pane), 2).scale).toBe(0.5);
  });

  test('zooming keeps what is under the pointer there', () => {
    const place = fc.record({
      x: fc.integer({ min: -300, max: 300 }),
      y: fc.integer({ min: -100, max: 100 }),
    });
    fc.assert(
      fc.property(place, fc.double({ min: 1, max: 8, noNaN: true }), (at, factor) => {
        const before = fitView(picture, pane);
        const after = zoomed(before, factor, at, picture);
        expect(under(after, at).x).toBeCloseTo(under(before, at).x, 6);
        expect(under(after, at).y).toBeCloseTo(under(before, at).y, 6);
      }),
    );
  });

  test('the middle of the pane never leaves the picture, and something is always seen', () => {
    const view = fitView(picture, pane);
    expect(panned(view, { x: 1e6, y: -1e6 }, picture).center).toEqual({ x: 0, y: 512 });
    expect(withinLimits({ ...view, scale: 1e-9 }, picture).scale * 1024).toBe(24);
    expect(zoomed(view, 1e9, { x: 0, y: 0 }, picture).scale).toBe(64);
  });

  test('dragging by a window pixel moves the picture by one', () => {
    const view = { scale: 4, center: { x: 500, y: 200 } };
    expect(panned(view, { x: 40, y: -8 }, picture).center).toEqual({ x: 490, y: 202 });
  });

  test('a wheel, a trackpad and their opposite turns', () => {
    const turn = (deltaY: number, more = {}) =>
      wheelFactor({ deltaY, deltaMode: 0, ctrlKey: false, ...more });
    expect(turn(100) * turn(-100)).toBeCloseTo(1);
    expect(turn(-100)).toBeGreaterThan(1.15);
    expect(turn(-3, { deltaMode: 1 })).toBeCloseTo(turn(-99));
    expect(turn(-5, { ctrlKey: true })).toBeGreaterThan(turn(-5));
    expect(turn(-1e6)).toBeLessThan(2);
  });
});
