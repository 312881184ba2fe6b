import { type PointerEvent as ReactPointerEvent, useRef, useState } from 'react';
import type { FloatWidget } from '../../../nodes/core/inputs.ts';
import type { LiveNumber } from '../../live/live-numbers.ts';
import { touchNumber, useIsHeld } from '../../live/live-store.ts';
import { newGesture } from '../../state/gesture.ts';
import { followDrag } from '../../ui/follow-drag.ts';
import { useTab } from '../flow/tab-context.ts';
import { inRange, numberText, snapped, typedNumber } from './number-text.ts';
import type { WidgetProps } from './widget-props.ts';

const FINE = 0.1;
const COARSE = 10;
const ALT_GRID = 0.1;
const DIRECTIONS: Readonly<Record<string, 1 | -1>> = {
  ArrowUp: 1,
  ArrowRight: 1,
  PageUp: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageDown: -1,
};
/** Milliseconds between its clicks. */
const DOUBLE_CLICK = 500;

/**
 * A bar with its value in the middle. Shift moves finely, Alt snaps to tenths, a double click
 * resets, Enter types.
 */
export function Slider({ widget, value, set, label, node, name, within }: WidgetProps<FloatWidget>) {
  const { min, max, step } = widget;
  const [typing, setTyping] = useState(false);
  const bar = useRef<HTMLDivElement>(null);
  const keyGesture = useRef('');
  const lastPress = useRef({ at: 0, gesture: '' });
  const { id: tab, store } = useTab();
  const number: LiveNumber = {
    definition: store.definition,
    node,
    input: within?.input ?? name,
    row: within && { index: within.index, field: name },
  };
  const held = useIsHeld(tab, number);
  const own = typeof value === 'number' ? value : widget.default;
  const current = held ? inRange(0, widget) : own;
  const share = (at: number) => (Math.min(max, Math.max(min, at)) - min) / (max - min);
  const zero = share(Math.max(0, min));

  const drag = (event: ReactPointerEvent<HTMLDivElement>) => {
    const element = bar.current;
    if (event.button !== 0 || !element) return;
    event.preventDefault();
    element.focus();
    // Both clicks of a double click and the reset they mean are one step.
    const isSecond = event.timeStamp - lastPress.current.at < DOUBLE_CLICK;
    const gesture = isSecond ? lastPress.current.gesture : newGesture('slider');
    lastPress.current = { at: event.timeStamp, gesture };
    const { left, width } = element.getBoundingClientRect();
    const start = { x: event.clientX, value: own };
    let moved = false;
    const { shiftKey: isFine } = event;
    const move = ({ clientX, shiftKey, altKey }: PointerEvent) => {
      if (!moved && Math.abs(clientX - start.x) < 2) return;
      moved = true;
      // A drag is no first click, however soon the next press comes.
      lastPress.current = { at: 0, gesture };
      const wanted = shiftKey
        ? start.value + ((clientX - start.x) / width) * (max - min) * FINE
        : min + ((clientX - left) / width) * (max - min);
      set(inRange(snapped(wanted, altKey ? ALT_GRID : shiftKey ? step * FINE : step), widget), gesture);
    };
    followDrag(event, element, move, () => {
      // A click goes where it points.
      if (!moved && !isFine)
        set(inRange(snapped(min + ((start.x - left) / width) * (max - min), step), widget), gesture);
    });
  };

  if (typing)
    return (
      <div className="control number-field">
        <input
          aria-label={label}
          inputMode="decimal"
          defaultValue={numberText(own)}
          // biome-ignore lint/a11y/noAutofocus: the user just asked to type
          autoFocus
          onFocus={(event) => event.target.select()}
          onBlur={(event) => {
            setTyping(false);
            const number = typedNumber(event.target.value);
            if (number !== undefined) set(inRange(number, widget));
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur();
            if (event.key === 'Escape') setTyping(false);
          }}
        />
      </div>
    );
  return (
    <div
      ref={bar}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={current}
      className="control slider"
      data-held={held || undefined}
      onPointerDown={drag}
      onDoubleClick={() => set(widget.default, lastPress.current.gesture)}
      onFocus={() => {
        if (widget.live) touchNumber(tab, number);
        keyGesture.current = newGesture('slider-keys');
      }}
      onKeyDown={(event) => {
        const direction = DIRECTIONS[event.key];
        if (event.key === 'Enter') setTyping(true);
        else if (event.key === 'Home') set(min);
        else if (event.key === 'End') set(max);
        else if (direction) {
          const coarse = event.ctrlKey || event.key.startsWith('Page');
          const size = step * (event.shiftKey ? FINE : coarse ? COARSE : 1);
          set(inRange(snapped(own + direction * size, Math.min(step, size)), widget), keyGesture.current);
        } else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <i
        className="slider-fill"
        style={{
          left: `${Math.min(zero, share(current)) * 100}%`,
          width: `${Math.abs(share(current) - zero) * 100}%`,
        }}
      />
      {[0, 1].map(
        (tick) =>
          tick > min &&
          tick < max && <i key={tick} className="slider-tick" style={{ left: `${share(tick) * 100}%` }} />,
      )}
      <i className="slider-thumb" style={{ left: `${share(current) * 100}%` }} />
      <span>{numberText(current)}</span>
    </div>
  );
}
