import type { BrowserWindow, Display, Rectangle } from 'electron';
import type { DesktopMemory } from './desktop-memory.ts';

const DEFAULT_SIZE = { width: 1440, height: 900 };
/** So much of a window must be on a screen for a person to find and move it. */
const VISIBLE = { width: 200, height: 60 };
/** Milliseconds of rest after which a place is remembered. */
const REST = 300;

const overlap = (a: Rectangle, b: Rectangle) => ({
  width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x),
  height: Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y),
});

/** Where a window opens: where it was, if that is on a screen that is still there, else in the middle. */
export function placeFor(
  saved: Rectangle | undefined,
  displays: readonly Pick<Display, 'workArea'>[],
): Partial<Rectangle> {
  const isVisible =
    saved &&
    displays.some(({ workArea }) => {
      const { width, height } = overlap(saved, workArea);
      return width >= VISIBLE.width && height >= VISIBLE.height;
    });
  if (isVisible) return saved;
  const [first] = displays;
  const { width, height } = saved ?? DEFAULT_SIZE;
  if (!first) return { width, height };
  return { width: Math.min(width, first.workArea.width), height: Math.min(height, first.workArea.height) };
}

/** Remembers where a window is, and how large before it was maximised. */
export function rememberPlace(window: BrowserWindow, memory: DesktopMemory): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const remember = () => {
    clearTimeout(timer);
    memory.update({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(remember, REST);
  };
  window.on('resize', soon);
  window.on('move', soon);
  window.on('maximize', soon);
  window.on('unmaximize', soon);
  window.on('close', remember);
  window.on('closed', () => clearTimeout(timer));
}
