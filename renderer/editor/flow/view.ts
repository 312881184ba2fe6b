import { getViewportForBounds } from 'reactflow';
import type { Document } from '../../../nodes/document/schema.ts';
import { type ItemKey, itemKey } from '../../state/item-key.ts';
import type { Tab, Viewport } from '../../state/workspace.ts';
import { GUESSED_SIZE, type Size } from '../canvas-handle.ts';
import { edges } from '../edits/arrange.ts';
import type { NodeShapes } from './node-shapes.ts';

export const MIN_ZOOM = 0.08;
export const MAX_ZOOM = 4;
/** Below this zoom nothing on a node can be read, so only its outline, title and pictures are drawn. */
export const FAR = 0.4;

const FIT = { padding: 0.12, maxZoom: 1 } as const;
/** Leaves room for the way back at the top. */
const FIT_INSIDE = { padding: { top: '72px', bottom: 0.12, x: 0.08 }, maxZoom: 1 } as const;

/** How everything, or some of it, is brought into view. */
export const fitOptions = ({ store }: Pick<Tab, 'store'>) => (store.path.length > 0 ? FIT_INSIDE : FIT);

export function rememberView({ view, store }: Tab, viewport: Viewport): void {
  if (store.path.length > 0) view.inside.set(store.path.join(' '), viewport);
  else view.viewport = viewport;
}

/**
 * Where the tab was left, everything in view, or, for an empty document, plain coordinates.
 * @param shapes sizes of nodes that were measured before the canvas is there, `room` its own size
 */
export function viewAtStart(
  tab: Tab,
  shapes: NodeShapes,
  room: Size,
): { defaultViewport?: Viewport; fitView?: true; fitViewOptions?: ReturnType<typeof fitOptions> } {
  const { view, store } = tab;
  const known = store.path.length > 0 ? view.inside.get(store.path.join(' ')) : view.viewport;
  if (known) return { defaultViewport: known };
  const { nodes, notes = {}, frames = {} } = store.graph;
  const boxes = [
    ...Object.entries(nodes).map(
      ([
        id,
        {
          at: [x, y],
        },
      ]) => ({
        x,
        y,
        ...(shapes.of(store.graph, id) ?? GUESSED_SIZE),
      }),
    ),
    ...[...Object.values(notes), ...Object.values(frames)].map(({ at: [x, y], size: [width, height] }) => ({
      x,
      y,
      width,
      height,
    })),
  ];
  if (boxes.length === 0) return {};
  const options = fitOptions(tab);
  // Nodes without a shape are measured as they are drawn, and only then is it known what fits.
  if (shapes.isEmpty) return { fitView: true, fitViewOptions: options };
  const { left, right, top, bottom } = edges(boxes);
  const bounds = { x: left, y: top, width: right - left, height: bottom - top };
  const { padding, maxZoom } = options;
  return {
    defaultViewport: getViewportForBounds(bounds, room.width, room.height, MIN_ZOOM, maxZoom, padding),
  };
}

/** Nodes with a shape that lie in a window, or close by; empty while nothing can be read. */
export function nodesInView(
  graph: Document,
  shapes: NodeShapes,
  viewport: Viewport,
  window: Size,
): ItemKey[] {
  if (viewport.zoom < FAR || shapes.isEmpty) return [];
  const [left, top] = [-viewport.x / viewport.zoom - CLOSE_BY, -viewport.y / viewport.zoom - CLOSE_BY];
  const right = left + window.width / viewport.zoom + 2 * CLOSE_BY;
  const bottom = top + window.height / viewport.zoom + 2 * CLOSE_BY;
  return Object.entries(graph.nodes).flatMap(
    ([
      id,
      {
        at: [x, y],
      },
    ]) => {
      if (x > right || y > bottom) return [];
      const shape = shapes.of(graph, id);
      return shape && x + shape.width > left && y + shape.height > top ? [itemKey('node', id)] : [];
    },
  );
}

/** Document pixels beyond the window in which nodes are made ready to be seen. */
const CLOSE_BY = 400;
