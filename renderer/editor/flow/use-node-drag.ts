import { useCallback, useMemo, useRef, useState } from 'react';
import type { NodeChange } from 'reactflow';
import type { Document } from '../../../nodes/document/schema.ts';
import { text } from '../../i18n/index.ts';
import { catalogue } from '../../state/catalogue-store.ts';
import { type ItemKey, itemKey, parseItemKey } from '../../state/item-key.ts';
import { placedThing } from '../../state/placed-thing.ts';
import type { Tab } from '../../state/workspace.ts';
import type { Point, Size } from '../canvas-handle.ts';
import { moveTo } from '../edits/arrange.ts';
import { clipOf, pasteClip } from '../edits/clipboard.ts';
import { spliceInto, spliceOf } from '../edits/nodes.ts';
import type { FlowNode } from './adapters.ts';

const placeOf = (document: Document, key: ItemKey): Point | undefined => {
  const thing = placedThing(document, key);
  return thing && { x: thing.at[0], y: thing.at[1] };
};

type SizeOf = (key: ItemKey) => Size | undefined;

/** Everything that lies wholly inside a frame. */
function contentsOf(document: Document, frameId: string, sizeOf: SizeOf): ItemKey[] {
  const frame = document.frames?.[frameId];
  if (!frame) return [];
  const [left, top] = frame.at;
  const [right, bottom] = [left + frame.size[0], top + frame.size[1]];
  const inside = (key: ItemKey) => {
    const at = placeOf(document, key);
    const size = sizeOf(key);
    return (
      at && size && at.x >= left && at.y >= top && at.x + size.width <= right && at.y + size.height <= bottom
    );
  };
  return [
    ...Object.keys(document.nodes).map((id) => itemKey('node', id)),
    ...Object.keys(document.notes ?? {}).map((id) => itemKey('note', id)),
    ...Object.keys(document.frames ?? {}).map((id) => itemKey('frame', id)),
  ].filter((key) => key !== itemKey('frame', frameId) && inside(key));
}

/** The wire a dragged node hangs over and fits into. */
function wireUnder(document: Document, node: string, at: Point): string | undefined {
  for (const element of globalThis.document.elementsFromPoint(at.x, at.y)) {
    const key = element.closest('.react-flow__edge')?.getAttribute('data-id');
    if (!key) continue;
    const { id } = parseItemKey(key);
    if (spliceOf(document, catalogue(), node, id)) return id;
  }
  return undefined;
}

/** Milliseconds a dragged node rests before a wire is looked for under it. */
const LOOK_AFTER = 100;

/**
 * Dragging: places are kept beside the document while the pointer moves and written into it as one
 * step when it is let go. A frame takes its contents along, Alt leaves the originals and drops
 * copies, and a lone node dropped on a wire goes into it. Its handlers stay the same as long as its parameters do.
 */
export function useNodeDrag(tab: Tab, sizeOf: SizeOf, onStart: (event: unknown) => void) {
  const [dragged, setDragged] = useState<ReadonlyMap<ItemKey, Point> | undefined>();
  const latest = useRef<Map<ItemKey, Point>>(new Map());
  const passengers = useRef<ReadonlyMap<ItemKey, readonly ItemKey[]>>(new Map());

  const onPositions = useCallback(
    (changes: readonly NodeChange<FlowNode>[]) => {
      let moved = false;
      for (const change of changes) {
        if (change.type !== 'position' || !change.position || !change.dragging) continue;
        moved = true;
        const key = change.id as ItemKey;
        latest.current.set(key, change.position);
        const origin = placeOf(tab.store.graph, key);
        for (const passenger of passengers.current.get(key) ?? []) {
          const place = placeOf(tab.store.graph, passenger);
          if (
            !origin ||
            !place ||
            changes.some(({ type, ...rest }) => type === 'position' && 'id' in rest && rest.id === passenger)
          )
            continue;
          latest.current.set(passenger, {
            x: place.x + change.position.x - origin.x,
            y: place.y + change.position.y - origin.y,
          });
        }
      }
      if (moved) setDragged(new Map(latest.current));
    },
    [tab],
  );

  const handlers = useMemo(() => {
    const { store } = tab;
    let target: Element | null = null;
    let looking: ReturnType<typeof setTimeout> | undefined;
    const markTarget = (wire: string | undefined) => {
      target?.removeAttribute('data-splice');
      target =
        wire === undefined ? null : document.querySelector(`.react-flow__edge[data-id="wire:${wire}"]`);
      target?.setAttribute('data-splice', '');
    };
    const lone = (nodes: readonly FlowNode[]) =>
      nodes.length === 1 && nodes[0]?.type === 'node' ? nodes[0].data.id : undefined;
    return {
      onNodeDragStart(event: unknown, _node: FlowNode, nodes: readonly FlowNode[]) {
        onStart(event);
        latest.current = new Map();
        passengers.current = new Map(
          nodes.flatMap(({ id, type, data }) =>
            type === 'frame' ? [[id as ItemKey, contentsOf(store.graph, data.id, sizeOf)] as const] : [],
          ),
        );
      },
      onNodeDrag(
        event: MouseEvent | TouchEvent | React.MouseEvent,
        _node: FlowNode,
        nodes: readonly FlowNode[],
      ) {
        const node = lone(nodes);
        const look = () => {
          looking = undefined;
          if (node !== undefined && 'clientX' in event && !event.altKey)
            markTarget(wireUnder(store.graph, node, { x: event.clientX, y: event.clientY }));
        };
        // Asking what lies under the pointer costs more than the move itself: the mark comes when the hand slows down.
        clearTimeout(looking);
        looking = setTimeout(look, LOOK_AFTER);
      },
      onNodeDragStop(
        event: MouseEvent | TouchEvent | React.MouseEvent,
        _node: FlowNode,
        nodes: readonly FlowNode[],
      ) {
        const places = latest.current;
        latest.current = new Map();
        const node = lone(nodes);
        clearTimeout(looking);
        markTarget(undefined);
        setDragged(undefined);
        if (places.size === 0) return;
        if (event.altKey) return cloneTo(tab, places);
        const before = store.graph;
        const wire =
          node !== undefined && 'clientX' in event
            ? wireUnder(before, node, { x: event.clientX, y: event.clientY })
            : undefined;
        store.edit(text(wire === undefined ? 'node.moved' : 'node.spliced'), (draft) => {
          moveTo(draft, places);
          if (node !== undefined && wire !== undefined) spliceInto(draft, before, catalogue(), node, wire);
        });
      },
    };
  }, [tab, sizeOf, onStart]);

  return { dragged, onPositions, handlers };
}

/** Leaves things where they were and puts copies of them where they were dragged to. */
function cloneTo(tab: Tab, places: ReadonlyMap<ItemKey, Point>): void {
  const { store } = tab;
  const clip = clipOf(store.graph, places.keys());
  const [first] = places;
  const origin = first && placeOf(store.graph, first[0]);
  if (!clip || !first || !origin) return;
  const offset = { x: first[1].x - origin.x, y: first[1].y - origin.y };
  let added: ItemKey[] = [];
  store.edit(
    text('node.cloned'),
    (draft) => {
      added = pasteClip(draft, clip, { offset, incoming: () => true });
    },
    { select: () => added },
  );
}
