import type { Point } from '../canvas-handle.ts';

const MIN_PULL = 32;

/** Horizontal tangents, longer for wires that go back. */
function pull(from: Point, to: Point): number {
  const dx = to.x - from.x;
  return dx >= 0
    ? Math.max(Math.min(dx / 2, 160), Math.min(MIN_PULL, Math.hypot(dx, to.y - from.y) / 2))
    : Math.min(MIN_PULL - dx / 3, 220);
}

/** SVG path of a wire through the points it bends at. */
export function wirePath(start: Point, bends: readonly Point[], end: Point): string {
  const points = [start, ...bends, end];
  let path = `M${start.x},${start.y}`;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1] ?? start, points[i] ?? end];
    const reach = pull(a, b);
    path += ` C${a.x + reach},${a.y} ${b.x - reach},${b.y} ${b.x},${b.y}`;
  }
  return path;
}

/** Between which bends a new one belongs: before the returned index. */
export function bendIndex(start: Point, bends: readonly Point[], end: Point, at: Point): number {
  const points = [start, ...bends, end];
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b] = [points[i] ?? start, points[i + 1] ?? end];
    const detour =
      Math.hypot(at.x - a.x, at.y - a.y) +
      Math.hypot(b.x - at.x, b.y - at.y) -
      Math.hypot(b.x - a.x, b.y - a.y);
    if (detour < least) [least, best] = [detour, i];
  }
  return best;
}
