import { expect, test } from 'vitest';
import { placeFor } from '../../../electron/main/window-place.ts';

const left = { workArea: { x: 0, y: 0, width: 1920, height: 1040 } };
const right = { workArea: { x: 1920, y: 0, width: 2560, height: 1400 } };
const onRight = { x: 2500, y: 100, width: 1200, height: 800 };

test('a window opens where it was while that screen is there', () => {
  expect(placeFor(onRight, [left, right])).toEqual(onRight);
  expect(placeFor(onRight, [left])).toEqual({ width: 1200, height: 800 });
});

test('a corner that cannot be grabbed does not count', () => {
  const { width, height } = onRight;
  expect(placeFor({ x: 1900, y: 0, width, height }, [left])).toEqual({ width, height });
  expect(placeFor({ x: 0, y: 1000, width, height }, [left])).toEqual({ width, height });
  expect(placeFor({ x: 1700, y: 900, width, height }, [left])).toMatchObject({ x: 1700, y: 900 });
});

test('without a memory, and where the screen became smaller, it fits the first screen', () => {
  expect(placeFor(undefined, [left])).toEqual({ width: 1440, height: 900 });
  const small = { workArea: { x: 0, y: 0, width: 1024, height: 700 } };
  expect(placeFor(undefined, [small])).toEqual({ width: 1024, height: 700 });
  expect(placeFor({ x: 5000, y: 0, width: 3000, height: 2000 }, [small])).toEqual({
    width: 1024,
    height: 700,
  });
  expect(placeFor(undefined, [])).toEqual({ width: 1440, height: 900 });
});
