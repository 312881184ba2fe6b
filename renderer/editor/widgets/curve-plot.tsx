import { type PointerEvent as ReactPointerEvent, useEffect, useRef } from 'react';
import { type CurvePoint, curveAt, stepPosition } from '../../../nodes/core/curve.ts';
import { useText } from '../../i18n/index.ts';
import { newGesture } from '../../state/gesture.ts';
import { followDrag } from '../../ui/follow-drag.ts';
import { addPoint, type CurveRange, movePoint, placeAfter, removePoint } from './curve-edits.ts';
import { numberText, snapped } from './number-text.ts';

interface CurvePlotProps {
  readonly points: readonly CurvePoint[];
  readonly range: CurveRange;
  readonly set: (points: readonly CurvePoint[], gesture?: string) => void;
  readonly label: string;
  /** The point whose numbers are shown. */
  readonly active: number;
  readonly onActive: (index: number) => void;
  /** Steps of the run the curve is read at; none are marked while that is not known. */
  readonly steps: number | undefined;
  /** The point is to be typed. */
  readonly onType: () => void;
}

const SAMPLES = 96;
const GRID = 0.01;
const FINE = 0.1;
const COARSE = 10;
const X_NUDGE = 0.02;
const Y_NUDGES = 40;

const percent = (share: number): string => `${share * 100}%`;

/** The curve, its control points and the steps it is read at. */
export function CurvePlot(props: CurvePlotProps) {
  const { points, range, set, label, active, onActive, steps, onType } = props;
  const { min, max } = range;
  const t = useText();
  const plot = useRef<SVGSVGElement>(null);
  const gesture = useRef('');
  /** A point that gets the focus once it is drawn. */
  const wanted = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (wanted.current === undefined) return;
    plot.current?.querySelector<SVGElement>(`[data-point="${wanted.current}"]`)?.focus();
    wanted.current = undefined;
  });
  const down = (y: number) => (max - y) / (max - min);
  const path = Array.from({ length: SAMPLES + 1 }, (_, i) => i / SAMPLES)
    .map((x) => `${(x * 100).toFixed(2)},${(down(curveAt(points, x)) * 100).toFixed(2)}`)
    .join(' L');

  const pointAt = (event: { clientX: number; clientY: number }, grid: number): CurvePoint => {
    const box = plot.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    const x = (event.clientX - box.left) / box.width;
    const y = max - ((event.clientY - box.top) / box.height) * (max - min);
    return [snapped(x, grid), snapped(y, grid)];
  };

  const drag = (event: ReactPointerEvent<SVGElement>, index: number) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.preventDefault();
    const element = event.currentTarget;
    element.focus();
    const one = newGesture('curve');
    // Where on the point it was taken hold of, so that it does not jump.
    const [grabX, grabY] = pointAt(event, Number.EPSILON);
    const start = points[index];
    let current = points;
    followDrag(event, element, (step) => {
      if (!start) return;
      const [x, y] = pointAt(step, Number.EPSILON);
      const grid = step.shiftKey ? GRID * FINE : GRID;
      const to: CurvePoint = [snapped(start[0] + x - grabX, grid), snapped(start[1] + y - grabY, grid)];
      current = movePoint(current, index, to, range);
      set(current, one);
    });
  };

  const add = (at: CurvePoint) => {
    const added = addPoint(points, at, range);
    wanted.current = added.index;
    onActive(added.index);
    set(added.points);
  };

  const onKey = (event: React.KeyboardEvent<SVGElement>, index: number) => {
    const [x, y] = points[index] ?? [0, 0];
    const size = event.shiftKey ? FINE : event.ctrlKey ? COARSE : 1;
    const [stepX, stepY] = [X_NUDGE * size, ((max - min) / Y_NUDGES) * size];
    const moves: Readonly<Record<string, CurvePoint>> = {
      ArrowLeft: [x - stepX, y],
      ArrowRight: [x + stepX, y],
      ArrowUp: [x, y + stepY],
      ArrowDown: [x, y - stepY],
      Home: [x, min],
      End: [x, max],
    };
    const to = moves[event.key];
    if (to) set(movePoint(points, index, to, range), gesture.current);
    else if (event.key === 'Delete' || event.key === 'Backspace') {
      wanted.current = Math.max(0, index - 1);
      set(removePoint(points, index));
    } else if (event.key === 'Enter') onType();
    else if (event.key === 'Insert' || event.key === '+') {
      const place = placeAfter(points, index);
      add([place, curveAt(points, place)]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <fieldset aria-label={t('curve.plot', { name: label })}>
      <div className="curve-plot">
        {/* biome-ignore lint/a11y/noSvgWithoutTitle: the group around it has the name */}
        <svg
          ref={plot}
          onDoubleClick={(event) => {
            event.stopPropagation();
            add(pointAt(event, GRID));
          }}
        >
          {[0, 1].map(
            (y) =>
              y >= min &&
              y <= max && (
                <line
                  key={y}
                  className="curve-line"
                  x1="0%"
                  x2="100%"
                  y1={percent(down(y))}
                  y2={percent(down(y))}
                />
              ),
          )}
          {Array.from({ length: steps ?? 0 }, (_, i) => stepPosition(i, steps ?? 0)).map((x) => (
            <g key={x} className="curve-step" aria-hidden>
              <line x1={percent(x)} x2={percent(x)} y1="100%" y2={percent(down(curveAt(points, x)))} />
            </g>
          ))}
          <svg viewBox="0 0 100 100" preserveAspectRatio="none" overflow="visible" aria-hidden>
            <path className="curve-path" d={`M${path}`} vectorEffect="non-scaling-stroke" />
          </svg>
          {points.map(([x, y], index) => (
            <g
              // biome-ignore lint/suspicious/noArrayIndexKey: points have no identity but their order
              key={index}
              data-point={index}
              className="curve-point"
              data-active={index === active || undefined}
              role="slider"
              tabIndex={0}
              aria-label={t('curve.point', { index: index + 1, count: points.length })}
              aria-orientation="vertical"
              aria-valuemin={min}
              aria-valuemax={max}
              aria-valuenow={y}
              aria-valuetext={t('curve.value', { x: numberText(x * 100), y: numberText(y) })}
              onFocus={() => {
                gesture.current = newGesture('curve-keys');
                onActive(index);
              }}
              onPointerDown={(event) => drag(event, index)}
              onDoubleClick={(event) => event.stopPropagation()}
              onKeyDown={(event) => onKey(event, index)}
            >
              <circle className="curve-reach" cx={percent(x)} cy={percent(down(y))} r={11} />
              <circle className="curve-dot" cx={percent(x)} cy={percent(down(y))} r={4.5} />
            </g>
          ))}
        </svg>
        <span className="curve-limit" aria-hidden>
          {numberText(max)}
        </span>
        <span className="curve-limit" data-low aria-hidden>
          {numberText(min)}
        </span>
      </div>
    </fieldset>
  );
}
