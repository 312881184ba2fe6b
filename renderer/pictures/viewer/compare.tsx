import type { KeyboardEvent, PointerEvent as ReactPointerEvent } from 'react';
import { useText } from '../../i18n/index.ts';
import { updateViewer, useViewer, type ViewerSource } from '../../state/viewer-store.ts';
import { followDrag } from '../../ui/follow-drag.ts';
import { type LoadedPicture, usePicture } from '../picture-data.ts';
import { Waiting } from './single.tsx';
import { Stage } from './stage.tsx';

/** Two pictures at the same zoom, one over the other with an edge to move, or side by side. */
export function Compare({ pair: [a, b] }: { readonly pair: readonly [ViewerSource, ViewerSource] }) {
  const layout = useViewer((state) => state.layout);
  const first = usePicture(a);
  const second = usePicture(b);
  if (typeof first !== 'object') return <Waiting for={first} />;
  if (typeof second !== 'object') return <Waiting for={second} />;
  const shown = [
    { label: a.label, ...first },
    { label: b.label, ...second },
  ] as const;
  return layout === 'slider' ? <Slider pair={shown} /> : <SideBySide pair={shown} />;
}

type Shown = LoadedPicture & { readonly label: string };
interface PairProps {
  readonly pair: readonly [Shown, Shown];
}

function SideBySide({ pair }: PairProps) {
  const [{ size }] = pair;
  return (
    <div className="flex min-h-0 min-w-0 flex-1 gap-px bg-line">
      {pair.map((picture, at) => (
        <Stage key={at === 0 ? 'a' : 'b'} frame={size} layers={[picture]}>
          <span className="viewer-label" data-side={at === 0 ? 'left' : 'right'}>
            {picture.label}
          </span>
        </Stage>
      ))}
    </div>
  );
}

function Slider({ pair: [a, b] }: PairProps) {
  const divider = useViewer((state) => state.divider);
  // The second may be larger or smaller: it is drawn in the frame of the first, so that places meet.
  return (
    <Stage frame={a.size} layers={[b, { ...a, share: divider }]}>
      <span className="viewer-label" data-side="left">
        {a.label}
      </span>
      <span className="viewer-label" data-side="right">
        {b.label}
      </span>
      <Divider a={a.label} b={b.label} at={divider} />
    </Stage>
  );
}

interface DividerProps {
  readonly a: string;
  readonly b: string;
  readonly at: number;
}

const set = (divider: number): void => updateViewer({ divider: Math.min(Math.max(divider, 0), 1) });

function Divider({ a, b, at }: DividerProps) {
  const t = useText();
  const onKeyDown = (event: KeyboardEvent) => {
    const stride = event.shiftKey ? 0.1 : 0.02;
    if (event.key === 'ArrowLeft') set(at - stride);
    else if (event.key === 'ArrowRight') set(at + stride);
    else if (event.key === 'Home') set(0);
    else if (event.key === 'End') set(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const drag = (event: ReactPointerEvent<HTMLDivElement>) => {
    event.stopPropagation();
    const element = event.currentTarget;
    const stage = element.parentElement?.getBoundingClientRect();
    if (!stage || event.button !== 0) return;
    followDrag(event, element, ({ clientX }) => set((clientX - stage.left) / stage.width));
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={t('viewer.divider', { a, b })}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(at * 100)}
      className="viewer-divider"
      style={{ left: `${at * 100}%` }}
      onPointerDown={drag}
      onKeyDown={onKeyDown}
      onDoubleClick={(event) => {
        event.stopPropagation();
        set(0.5);
      }}
    />
  );
}
