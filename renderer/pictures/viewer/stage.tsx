import {
  type ReactNode,
  type PointerEvent as ReactPointerEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { Size } from '../../editor/canvas-handle.ts';
import { useText } from '../../i18n/index.ts';
import { updateViewer, useViewer } from '../../state/viewer-store.ts';
import { followDrag } from '../../ui/follow-drag.ts';
import { actualSize, fitView, panned, type View, wheelFactor, withinLimits, zoomed } from './pan-zoom.ts';

/** A picture on the stage. */
export interface Layer {
  readonly url: string;
  readonly label: string;
  /** Its own size; one of another shape is drawn as large as the frame allows. */
  readonly size: Size;
  /** Share of the stage, from its left edge, that shows it; 1 without one. */
  readonly share?: number;
}

interface StageProps {
  /** Size in pixels that every layer is drawn in. */
  readonly frame: Size;
  /** From the lowest to the uppermost. */
  readonly layers: readonly Layer[];
  /** Drawn above, in window pixels. */
  readonly children?: ReactNode;
}

/** From here on single pixels are what a person looks at, so they are drawn as squares. */
const SQUARES = 3;

/**
 * Pictures that are zoomed and moved together. What is seen is one state for all stages there are, so
 * that two of them always show the same place.
 */
export function Stage({ frame, layers, children }: StageProps) {
  const t = useText();
  const pane = useRef<HTMLElement>(null);
  const size = useSize(pane);
  const chosen = useViewer((state) => state.view);
  const view = size && (chosen ? withinLimits(chosen, frame) : fitView(frame, size));
  const now = useRef({ view, frame });
  useLayoutEffect(() => {
    now.current = { view, frame };
    if (view) updateViewer({ seen: { view, picture: frame } });
  });
  useWheel(pane, now);
  const drag = (event: ReactPointerEvent<HTMLElement>) => {
    const { view: start } = now.current;
    if (!start || (event.button !== 0 && event.button !== 1)) return;
    const from = { x: event.clientX, y: event.clientY };
    followDrag(event, event.currentTarget, ({ clientX, clientY }) =>
      updateViewer({ view: panned(start, { x: clientX - from.x, y: clientY - from.y }, frame) }),
    );
  };
  return (
    <figure
      ref={pane}
      aria-label={t('viewer.pane')}
      className="viewer-stage"
      onPointerDown={drag}
      onDoubleClick={() => {
        if (view) updateViewer({ view: chosen ? undefined : actualSize(view, devicePixelRatio) });
      }}
    >
      {view &&
        layers.map(({ url, label, size: own, share }) => (
          <div
            key={label + url}
            className="viewer-layer"
            style={share === undefined ? {} : { clipPath: `inset(0 ${(1 - share) * 100}% 0 0)` }}
          >
            <img
              src={url}
              alt={t('viewer.picture', { label })}
              draggable={false}
              style={placeOf(view, frame, own)}
            />
          </div>
        ))}
      {children}
    </figure>
  );
}

/** Where a picture of size `own` lies when it is laid into the middle of the frame. */
function placeOf({ scale, center }: View, frame: Size, own: Size) {
  const enlarged = Math.min(frame.width / own.width, frame.height / own.height);
  const perPixel = scale * enlarged;
  const [width, height] = [own.width * perPixel, own.height * perPixel];
  const x = (frame.width / 2 - center.x) * scale - width / 2;
  const y = (frame.height / 2 - center.y) * scale - height / 2;
  return {
    width,
    height,
    transform: `translate(${x}px, ${y}px)`,
    imageRendering: perPixel * devicePixelRatio >= SQUARES ? ('pixelated' as const) : ('auto' as const),
  };
}

/** Zooms to the pointer. The page's own listener could not keep the window from scrolling. */
function useWheel(
  pane: { readonly current: HTMLElement | null },
  now: { readonly current: { readonly view: View | undefined; readonly frame: Size } },
): void {
  useEffect(() => {
    const { current: element } = pane;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const { view, frame } = now.current;
      if (!element || !view) return;
      const { left, top, width, height } = element.getBoundingClientRect();
      const at = { x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 };
      updateViewer({ view: zoomed(view, wheelFactor(event), at, frame) });
    };
    element?.addEventListener('wheel', turn, { passive: false });
    return () => element?.removeEventListener('wheel', turn);
  }, [pane, now]);
}

function useSize(element: { readonly current: HTMLElement | null }): Size | undefined {
  const [size, setSize] = useState<Size>();
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = () => setSize({ width: current.clientWidth, height: current.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
