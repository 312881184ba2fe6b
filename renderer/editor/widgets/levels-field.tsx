import { type KeyboardEvent, type PointerEvent as ReactPointerEvent, useRef, useState } from 'react';
import type { NumberListWidget } from '../../../nodes/core/inputs.ts';
import { useText } from '../../i18n/index.ts';
import { newGesture } from '../../state/gesture.ts';
import { useTabRuntime } from '../../state/runtime-store.ts';
import { followDrag } from '../../ui/follow-drag.ts';
import { useTab } from '../flow/tab-context.ts';
import { useRuntimeId } from '../flow/use-runtime.ts';
import { inRange, numberText, snapped } from './number-text.ts';
import type { WidgetProps } from './widget-props.ts';
import './levels-field.css';

/** Layers of Z-Image; shown until a run tells how many there are. */
const USUAL_COUNT = 30;
const STEP = 0.05;
const FINE = 0.01;
/** What a level is that nobody set. */
const PLAIN = 1;

const noBars: readonly { readonly label: string; readonly value: number }[] = [];

/**
 * Levels side by side, set by dragging across them, with what a run measured behind each. Left and right
 * choose a level, up and down change it, Delete brings it back to 1.
 */
export function LevelsField({ widget, value, set, label, node }: WidgetProps<NumberListWidget>) {
  const t = useText();
  const tab = useTab();
  const plot = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const keyGesture = useRef('');
  const runtimeId = useRuntimeId(node);
  const bars = useTabRuntime(tab.id, (runtime) => runtime.bars[runtimeId] ?? noBars);
  const norms = bars.filter((bar) => /^layers\.\d+$/.test(bar.label)).map((bar) => bar.value);
  const levels = Array.isArray(value) ? value.map(Number) : [];
  const count = norms.length || Math.max(levels.length, USUAL_COUNT);
  const at = Math.min(active, count - 1);
  const most = Math.max(...norms, Number.MIN_VALUE);
  const { min, max } = widget;
  const range = { min, max, step: STEP };
  const share = (level: number) => (inRange(level, range) - min) / (max - min);
  const levelOf = (index: number) => levels[index] ?? PLAIN;

  const write = (changes: ReadonlyMap<number, number>, gesture: string) => {
    const next = Array.from(
      { length: Math.max(levels.length, count) },
      (_, i) => changes.get(i) ?? levelOf(i),
    );
    // What nobody set need not be said.
    while (next.length > 0 && next.at(-1) === PLAIN) next.pop();
    set(next, gesture);
  };

  const drag = (event: ReactPointerEvent<HTMLDivElement>) => {
    const element = plot.current;
    if (event.button !== 0 || !element) return;
    event.preventDefault();
    const gesture = newGesture('levels');
    const changes = new Map<number, number>();
    const { left, width, top, height } = element.getBoundingClientRect();
    const place = ({
      clientX,
      clientY,
      shiftKey,
    }: Pick<PointerEvent, 'clientX' | 'clientY' | 'shiftKey'>) => {
      const index = Math.min(count - 1, Math.max(0, Math.floor(((clientX - left) / width) * count)));
      const wanted = max - ((clientY - top) / height) * (max - min);
      setActive(index);
      changes.set(index, inRange(snapped(wanted, shiftKey ? FINE : STEP), range));
      write(changes, gesture);
    };
    followDrag(event, element, place);
    place(event);
  };

  const choose = (index: number) => {
    const next = Math.min(count - 1, Math.max(0, index));
    setActive(next);
    const element = plot.current?.querySelectorAll<HTMLElement>('.level')[next];
    element?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.shiftKey ? FINE : STEP;
    const to = (level: number) =>
      write(new Map([[at, inRange(snapped(level, step), range)]]), keyGesture.current);
    if (event.key === 'ArrowLeft') choose(at - 1);
    else if (event.key === 'ArrowRight') choose(at + 1);
    else if (event.key === 'Home') choose(0);
    else if (event.key === 'End') choose(count - 1);
    else if (event.key === 'ArrowUp') to(levelOf(at) + step);
    else if (event.key === 'ArrowDown') to(levelOf(at) - step);
    else if (event.key === 'Delete' || event.key === 'Backspace') to(PLAIN);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const zero = share(0);
  const norm = norms[at];
  return (
    <div className="levels">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row in every browser */}
      <div
        ref={plot}
        className="levels-plot"
        role="group"
        aria-label={label}
        onPointerDown={drag}
        onDoubleClick={() => write(new Map([[at, PLAIN]]), newGesture('levels'))}
      >
        <i className="levels-zero" style={{ bottom: `${zero * 100}%` }} />
        {Array.from({ length: count }, (_, i) => {
          const level = share(levelOf(i));
          return (
            <div
              // biome-ignore lint/suspicious/noArrayIndexKey: a level is told by its place
              key={i}
              role="slider"
              tabIndex={i === at ? 0 : -1}
              className="level"
              data-plain={levelOf(i) === PLAIN || undefined}
              aria-label={t('levels.layer', { index: i })}
              aria-valuemin={min}
              aria-valuemax={max}
              aria-valuenow={levelOf(i)}
              onKeyDown={onKey}
              onFocus={() => {
                keyGesture.current = newGesture('level-keys');
                setActive(i);
              }}
            >
              <i className="level-norm" style={{ height: `${((norms[i] ?? 0) / most) * 100}%` }} />
              <i
                className="level-fill"
                style={{
                  bottom: `${Math.min(zero, level) * 100}%`,
                  height: `max(2px, ${Math.abs(level - zero) * 100}%)`,
                }}
              />
            </div>
          );
        })}
      </div>
      <div className="levels-foot">
        <span>{t('levels.value', { index: at, value: numberText(levelOf(at)) })}</span>
        <span>{norm !== undefined && t('levels.norm', { percent: (norm * 100).toPrecision(2) })}</span>
      </div>
    </div>
  );
}
