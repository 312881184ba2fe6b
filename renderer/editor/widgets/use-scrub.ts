import type { PointerEvent as ReactPointerEvent } from 'react';
import { newGesture } from '../../state/gesture.ts';
import { followDrag } from '../../ui/follow-drag.ts';
import { inRange, snapped } from './number-text.ts';

interface Scrub {
  readonly value: unknown;
  readonly range: { readonly min: number; readonly max: number; readonly step: number };
  readonly whole: boolean;
  readonly set: (value: number, gesture: string) => void;
}

const PIXELS_PER_STEP = 4;
const FINE = 0.1;

/** Dragging sideways changes a number: one step each few pixels, a tenth of that with Shift. */
export const scrub =
  ({ value, range, whole, set }: Scrub) =>
  (event: ReactPointerEvent<HTMLElement>): void => {
    if (event.button !== 0 || typeof value !== 'number') return;
    event.preventDefault();
    const gesture = newGesture('scrub');
    let exact = value;
    followDrag(event, event.currentTarget, (step) => {
      exact += (step.movementX / PIXELS_PER_STEP) * range.step * (step.shiftKey ? FINE : 1);
      exact = Math.min(range.max, Math.max(range.min, exact));
      const grid = whole ? range.step : step.shiftKey ? range.step * FINE : range.step;
      set(inRange(snapped(exact, grid), range), gesture);
    });
  };
