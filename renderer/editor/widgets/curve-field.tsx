import { Minus, Plus, Spline } from 'lucide-react';
import { useRef, useState } from 'react';
import { type CurvePoint, curveAt } from '../../../nodes/core/curve.ts';
import type { CurveWidget } from '../../../nodes/core/inputs.ts';
import { readWidget } from '../../../nodes/core/widget-values.ts';
import { useText } from '../../i18n/index.ts';
import { useTabRuntime } from '../../state/runtime-store.ts';
import { Menu } from '../../ui/menu.tsx';
import { useTab } from '../flow/tab-context.ts';
import { addPoint, movePoint, placeAfter, removePoint } from './curve-edits.ts';
import { CurvePlot } from './curve-plot.tsx';
import { curvePresets } from './curve-presets.ts';
import { numberText, typedNumber } from './number-text.ts';
import { useTyped } from './use-typed.ts';
import type { WidgetProps } from './widget-props.ts';
import './curve-field.css';

/**
 * A value over a run, drawn. Double-click adds a point, dragging moves one (Shift finely); on a focused
 * point arrows move, Insert adds, Delete removes and Enter types.
 */
export function CurveField({ widget, value, set, label }: WidgetProps<CurveWidget>) {
  const t = useText();
  const tab = useTab();
  const steps = useTabRuntime(tab.id, ({ nodes }) => {
    const progress = Object.values(nodes).find((run) => run.progress?.unit === 'step')?.progress;
    return progress?.total;
  });
  const typed = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState(0);
  const points = readWidget(widget, value).ok ? (value as unknown as readonly CurvePoint[]) : widget.default;
  const active = Math.min(chosen, points.length - 1);
  const [x, y] = points[active] ?? [0, 0];
  const write = (next: readonly CurvePoint[], gesture?: string) =>
    set(
      next.map(([a, b]) => [a, b]),
      gesture,
    );
  const move = (to: CurvePoint) => write(movePoint(points, active, to, widget));
  return (
    <div className="curve-field">
      <CurvePlot
        points={points}
        range={widget}
        set={write}
        label={label}
        active={active}
        onActive={setChosen}
        steps={steps}
        onType={() => typed.current?.focus()}
      />
      <div className="curve-bar">
        <PointNumber label={t('curve.x')} value={x} onNumber={(next) => move([next, y])} />
        <PointNumber label={t('curve.y')} value={y} onNumber={(next) => move([x, next])} field={typed} />
        <button
          type="button"
          className="control square"
          aria-label={t('curve.add')}
          title={t('curve.add')}
          disabled={points.length >= widget.maxPoints}
          onClick={() => {
            const place = placeAfter(points, active);
            const added = addPoint(points, [place, curveAt(points, place)], widget);
            setChosen(added.index);
            write(added.points);
          }}
        >
          <Plus size={12} />
        </button>
        <button
          type="button"
          className="control square"
          aria-label={t('curve.remove')}
          title={t('curve.remove')}
          disabled={points.length < 2}
          onClick={() => write(removePoint(points, active))}
        >
          <Minus size={12} />
        </button>
        <Menu
          align="end"
          entries={() =>
            curvePresets.map((preset) => ({
              id: preset.name,
              label: t(preset.name),
              icon: <Glyph points={preset.points} />,
              onSelect: () =>
                write(preset.points.map(([a, b]) => [a, Math.min(widget.max, Math.max(widget.min, b))])),
            }))
          }
        >
          <button
            type="button"
            className="control square"
            aria-label={t('curve.presets')}
            title={t('curve.presets')}
          >
            <Spline size={13} />
          </button>
        </Menu>
      </div>
    </div>
  );
}

/** A curve as small as a letter. */
function Glyph({ points }: { readonly points: readonly CurvePoint[] }) {
  const path = Array.from({ length: 15 }, (_, i) => i / 14)
    .map((x) => `${(x * 14).toFixed(1)},${(12 - curveAt(points, x) * 10).toFixed(1)}`)
    .join(' L');
  return (
    <svg viewBox="0 0 14 14" aria-hidden>
      <path d={`M${path}`} fill="none" stroke="currentColor" strokeWidth={1.5} />
    </svg>
  );
}

interface PointNumberProps {
  readonly label: string;
  readonly value: number;
  readonly onNumber: (value: number) => void;
  readonly field?: React.Ref<HTMLInputElement>;
}

function PointNumber({ label, value, onNumber, field }: PointNumberProps) {
  const typing = useTyped(numberText(value), (text) => {
    const number = typedNumber(text);
    if (number !== undefined) onNumber(number);
  });
  return (
    <label className="curve-number">
      <span>{label}</span>
      <input ref={field} aria-label={label} inputMode="decimal" value={typing.shown} {...typing.field} />
    </label>
  );
}
