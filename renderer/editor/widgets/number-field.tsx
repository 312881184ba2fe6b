import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useRef } from 'react';
import type { FloatWidget, IntWidget } from '../../../nodes/core/inputs.ts';
import { useText } from '../../i18n/index.ts';
import { newGesture } from '../../state/gesture.ts';
import { inRange, numberText, snapped, typedNumber } from './number-text.ts';
import { useTyped } from './use-typed.ts';
import type { WidgetProps } from './widget-props.ts';

const COARSE = 10;
const FINE = 0.1;

/** A number to type, nudge with the arrow keys or step with the buttons at its sides. */
export function NumberField({ widget, value, set, label }: WidgetProps<IntWidget | FloatWidget>) {
  const t = useText();
  const gesture = useRef(newGesture('number'));
  const current = typeof value === 'number' ? value : widget.default;
  const whole = widget.kind === 'int';
  const { shown, forget, field } = useTyped(numberText(value), (text) => {
    const number = typedNumber(text);
    if (number !== undefined) set(inRange(whole ? Math.round(number) : number, widget));
  });
  const nudge = (steps: number) => {
    const grid = whole ? widget.step : Math.min(widget.step, Math.abs(steps) * widget.step);
    // What was typed and not yet taken over counts.
    const from = (shown === numberText(value) ? undefined : typedNumber(shown)) ?? current;
    set(inRange(snapped(from + steps * widget.step, grid), widget), gesture.current);
    forget();
  };
  return (
    <div className="control number-field">
      <button
        type="button"
        tabIndex={-1}
        aria-label={t('widget.decrease', { name: label })}
        onClick={() => nudge(-1)}
      >
        <ChevronLeft size={12} />
      </button>
      <input
        aria-label={label}
        inputMode="decimal"
        value={shown}
        {...field}
        onFocus={(event) => {
          gesture.current = newGesture('number');
          field.onFocus(event);
        }}
        onKeyDown={(event) => {
          field.onKeyDown(event);
          if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
            event.preventDefault();
            const direction = event.key === 'ArrowUp' ? 1 : -1;
            nudge(
              direction *
                (event.shiftKey && !whole ? FINE : event.ctrlKey || (event.shiftKey && whole) ? COARSE : 1),
            );
          }
        }}
      />
      <button
        type="button"
        tabIndex={-1}
        aria-label={t('widget.increase', { name: label })}
        onClick={() => nudge(1)}
      >
        <ChevronRight size={12} />
      </button>
    </div>
  );
}
