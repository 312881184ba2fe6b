import { type PointerEvent as ReactPointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { movedItem, placeAt } from './row-edits.ts';

interface RowDrag {
  /** The rows in the order they are shown while one is dragged. */
  readonly order: readonly number[];
  /** The row that is being dragged. */
  readonly lifted: number | undefined;
  readonly start: (event: ReactPointerEvent<HTMLElement>, row: number) => void;
  /** Gives the handle of a row the focus once it is drawn. */
  readonly focus: (row: number) => void;
}

/**
 * Rows that are put into another order by dragging a handle. Rows carry `data-row`, handles
 * `.row-handle`; `move` is called once, when the row is let go.
 */
export function useRowDrag(
  list: RefObject<HTMLElement | null>,
  count: number,
  move: (from: number, to: number) => void,
): RowDrag {
  const [dragged, setDragged] = useState<{ readonly from: number; readonly to: number } | undefined>();
  const wanted = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (wanted.current === undefined) return;
    list.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"] .row-handle`)?.focus();
    wanted.current = undefined;
  });
  const rows = Array.from({ length: count }, (_, i) => i);
  return {
    order: dragged ? movedItem(rows, dragged.from, dragged.to) : rows,
    lifted: dragged?.from,
    focus: (row) => {
      wanted.current = row;
    },
    start: (event, from) => {
      if (event.button !== 0) return;
      event.preventDefault();
      event.currentTarget.focus();
      const middles = [...(list.current?.querySelectorAll('[data-row]') ?? [])].map((row) => {
        const { top, height } = row.getBoundingClientRect();
        return top + height / 2;
      });
      let to = from;
      const stop = new AbortController();
      const { signal } = stop;
      // The row moves in the page while it is dragged, which would end a capture of the pointer.
      const end = (drop: boolean) => {
        stop.abort();
        setDragged(undefined);
        if (!drop || from === to) return;
        wanted.current = to;
        move(from, to);
      };
      window.addEventListener(
        'pointermove',
        (step: PointerEvent) => {
          to = placeAt(middles, from, step.clientY);
          setDragged({ from, to });
        },
        { signal },
      );
      window.addEventListener('pointerup', () => end(true), { signal });
      window.addEventListener('pointercancel', () => end(false), { signal });
    },
  };
}
