import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { PictureSummary } from '../../nodes/protocol/contract.ts';
import { useBindings } from '../editor/commands/key-bindings.ts';
import { useText } from '../i18n/index.ts';
import { goToPicture, usePictures } from '../state/pictures-store.ts';
import { ContextMenu } from '../ui/menu.tsx';
import { lanesFor, stepOf, tileHeight, walk } from './masonry.ts';
import { pictureMenu } from './picture-menu.ts';
import { Tile, tileId } from './tile.tsx';
import './gallery.css';

const GAP = 8;

/** Pictures in columns, only those near the visible part drawn: thousands cost no more than a few. */
export function GalleryGrid({ pictures }: { readonly pictures: readonly PictureSummary[] }) {
  const t = useText();
  const keys = useBindings();
  const list = useRef<HTMLDivElement>(null);
  const width = useInnerWidth(list);
  const current = usePictures((state) => state.current);
  const selected = usePictures((state) => state.selected);
  const { lanes, laneWidth } = lanesFor(width, GAP);
  const virtualizer = useVirtualizer({
    count: pictures.length,
    lanes,
    gap: GAP,
    overscan: 6,
    paddingStart: GAP,
    paddingEnd: GAP,
    scrollPaddingStart: GAP,
    scrollPaddingEnd: GAP,
    enabled: width > 0,
    getScrollElement: () => list.current,
    getItemKey: useCallback((index: number) => pictures[index]?.id ?? index, [pictures]),
    estimateSize: (index) => tileHeight(laneWidth, pictures[index] ?? { width: 1, height: 1 }),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights follow from the width and from what is shown
  useEffect(() => virtualizer.measure(), [virtualizer, laneWidth, pictures]);
  const at = pictures.findIndex(({ id }) => id === current);
  const lastSeen = useRef<string>(undefined);
  useEffect(() => {
    // New pictures move the others; only a step of the keys moves the list.
    if (at < 0 || current === lastSeen.current) return;
    lastSeen.current = current;
    virtualizer.scrollToIndex(at, { align: 'auto' });
  }, [virtualizer, at, current]);
  const onKeyDown = (event: KeyboardEvent) => {
    const here = pictures[at];
    if (event.key === ' ' && here) {
      event.preventDefault();
      return goToPicture(here.id, 'switch');
    }
    const step = event.altKey || event.metaKey ? undefined : stepOf(event.key);
    if (!step) return;
    event.preventDefault();
    const next = pictures[at < 0 ? 0 : walk(virtualizer.measurementsCache, at, step)];
    if (next) goToPicture(next.id, event.shiftKey ? 'range' : event.ctrlKey ? 'go' : 'alone');
  };
  return (
    <ContextMenu entries={() => pictureMenu(t, keys)}>
      <div
        ref={list}
        role="listbox"
        tabIndex={0}
        aria-multiselectable
        aria-label={t('gallery.list')}
        aria-activedescendant={at >= 0 ? tileId(current ?? '') : undefined}
        data-scope="gallery pictures"
        className="gallery-list min-h-0 flex-1 overflow-y-auto px-2"
        onKeyDown={onKeyDown}
        onFocus={() => {
          const [first] = pictures;
          if (at < 0 && first) goToPicture(first.id, 'go');
        }}
      >
        <div role="none" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, key, lane, start, size }) => {
            const picture = pictures[index];
            if (!picture) return null;
            return (
              <Tile
                key={key}
                picture={picture}
                isSelected={selected.has(picture.id)}
                isCurrent={index === at}
                style={{ left: lane * (laneWidth + GAP), top: start, width: laneWidth, height: size }}
              />
            );
          })}
        </div>
      </div>
    </ContextMenu>
  );
}

/** Width of an element within its padding, as it changes; 0 before it is drawn. */
function useInnerWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const { current } = element;
    if (!current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
