import type { Document } from '../../../nodes/document/schema.ts';
import type { ItemKey } from '../../state/item-key.ts';
import { placedThing } from '../../state/placed-thing.ts';
import type { Point, Size } from '../canvas-handle.ts';

/** Something with a place and a size on the canvas. */
export interface Box extends Point, Size {
  readonly key: ItemKey;
}

export type Alignment = 'left' | 'right' | 'top' | 'bottom' | 'center' | 'middle';
export type Direction = 'horizontal' | 'vertical';

/** The sides of the smallest box around all of them. */
export const edges = (boxes: readonly (Point & Size)[]) => ({
  left: Math.min(...boxes.map(({ x }) => x)),
  right: Math.max(...boxes.map(({ x, width }) => x + width)),
  top: Math.min(...boxes.map(({ y }) => y)),
  bottom: Math.max(...boxes.map(({ y, height }) => y + height)),
});

/** New places that bring one edge, or the middle, of all boxes to one line. */
export function aligned(boxes: readonly Box[], alignment: Alignment): Map<ItemKey, Point> {
  const { left, right, top, bottom } = edges(boxes);
  const place = ({ x, y, width, height }: Box): Point => {
    switch (alignment) {
      case 'left':
        return { x: left, y };
      case 'right':
        return { x: right - width, y };
      case 'center':
        return { x: (left + right - width) / 2, y };
      case 'top':
        return { x, y: top };
      case 'bottom':
        return { x, y: bottom - height };
      case 'middle':
        return { x, y: (top + bottom - height) / 2 };
    }
  };
  return new Map(boxes.map((box) => [box.key, place(box)]));
}

/** New places with equal gaps; the outermost boxes stay where they are. */
export function distributed(boxes: readonly Box[], direction: Direction): Map<ItemKey, Point> {
  const flat = direction === 'horizontal';
  const start = (box: Box) => (flat ? box.x : box.y);
  const extent = (box: Box) => (flat ? box.width : box.height);
  const sorted = boxes.toSorted((a, b) => start(a) - start(b));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last || sorted.length < 3) return new Map();
  const total = start(last) + extent(last) - start(first);
  const gap = (total - sorted.reduce((sum, box) => sum + extent(box), 0)) / (sorted.length - 1);
  let at = start(first);
  return new Map(
    sorted.map((box) => {
      const place = flat ? { x: at, y: box.y } : { x: box.x, y: at };
      at += extent(box) + gap;
      return [box.key, place];
    }),
  );
}

/** Moves things of a document to new places, whole pixels. */
export function moveTo(document: Document, places: ReadonlyMap<ItemKey, Point>): void {
  for (const [key, { x, y }] of places) {
    const thing = placedThing(document, key);
    if (!thing) continue;
    thing.at[0] = Math.round(x);
    thing.at[1] = Math.round(y);
  }
}

const GAP_BETWEEN_LAYERS = 80;
const GAP_WITHIN_LAYER = 32;

/** Places for nodes in layers along their wires, starting at the top left corner they have now. */
export async function layered(document: Document, boxes: readonly Box[]): Promise<Map<ItemKey, Point>> {
  const { default: Elk } = await import('elkjs/lib/elk.bundled.js');
  const ids = new Set(boxes.map(({ key }) => key));
  const { left, top } = edges(boxes);
  const graph = await new Elk().layout({
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.spacing.nodeNode': String(GAP_WITHIN_LAYER),
      'elk.layered.spacing.nodeNodeBetweenLayers': String(GAP_BETWEEN_LAYERS),
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
    },
    children: boxes.map(({ key, width, height }) => ({ id: key, width, height })),
    edges: Object.entries(document.wires).flatMap(([id, { from, to }]) => {
      const [source, target]: ItemKey[] = [`node:${from[0]}`, `node:${to[0]}`];
      return source && target && ids.has(source) && ids.has(target)
        ? [{ id, sources: [source], targets: [target] }]
        : [];
    }),
  });
  return new Map(
    (graph.children ?? []).map(({ id, x = 0, y = 0 }) => [id as ItemKey, { x: left + x, y: top + y }]),
  );
}
