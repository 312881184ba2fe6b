import type { Edge, Node } from 'reactflow';
import type { Document, DocumentNode, Wire } from '../../../nodes/document/schema.ts';
import { text } from '../../i18n/index.ts';
import type { Selection } from '../../state/document-store.ts';
import { type ItemKey, itemKey } from '../../state/item-key.ts';
import { NODE_WIDTH, type Point, type Size } from '../canvas-handle.ts';
import type { NodeShape, NodeShapes } from './node-shapes.ts';

/** A node with a shell is drawn as an empty block of that shape. */
export type FlowNode = Node<{ readonly id: string; readonly shell?: NodeShape }, 'node' | 'frame' | 'note'>;
export type FlowEdge = Edge<{ readonly id: string }, 'wire'>;

type Thing = Pick<DocumentNode, 'at' | 'pinned'> & { readonly size?: readonly [number, number] | undefined };

interface Drawn {
  readonly thing: Thing;
  readonly selected: boolean;
  readonly measured: Size | undefined;
  readonly dragged: Point | undefined;
  readonly shell: NodeShape | undefined;
  readonly node: FlowNode;
}

const FRAME_LAYER = -1;
/** What is worked on lies over its neighbours, however far its prompt grows. */
const SELECTED_LAYER = 1;
const noKeys: ReadonlySet<never> = new Set();

interface DrawnEdge {
  readonly wire: Wire;
  readonly selected: boolean;
  readonly edge: FlowEdge;
}

/**
 * Turns document states into what React Flow draws. What did not change keeps its identity from
 * state to state: React Flow then skips it.
 */
export class FlowAdapter {
  readonly #shapes: NodeShapes | undefined;
  #nodes = new Map<ItemKey, Drawn>();
  #edges = new Map<string, DrawnEdge>();

  /** @param shapes known before nodes are drawn, for graphs that are drawn with shells */
  constructor(shapes?: NodeShapes) {
    this.#shapes = shapes;
  }

  /** @param near nodes that are drawn whole even though their shape is known */
  nodes(
    document: Document,
    selection: Selection,
    measured: ReadonlyMap<ItemKey, Size>,
    dragged: ReadonlyMap<ItemKey, Point> | undefined,
    near: ReadonlySet<ItemKey> = noKeys,
  ): FlowNode[] {
    const next = new Map<ItemKey, Drawn>();
    const add = (type: 'node' | 'frame' | 'note', id: string, thing: Thing) => {
      const key = itemKey(type, id);
      const old = this.#nodes.get(key);
      const shape = type === 'node' ? this.#shapes?.of(document, id) : undefined;
      const state = {
        thing,
        selected: selection.has(key),
        measured: measured.get(key) ?? shape ?? old?.measured,
        dragged: dragged?.get(key),
        shell: near.has(key) ? undefined : shape,
      };
      const same =
        old &&
        old.thing === state.thing &&
        old.selected === state.selected &&
        old.measured === state.measured &&
        old.dragged === state.dragged &&
        old.shell === state.shell;
      next.set(key, same ? old : { ...state, node: drawNode(type, id, key, state, old?.node) });
    };
    for (const [id, frame] of Object.entries(document.frames ?? {})) add('frame', id, frame);
    for (const [id, note] of Object.entries(document.notes ?? {})) add('note', id, note);
    for (const [id, node] of Object.entries(document.nodes)) add('node', id, node);
    this.#nodes = next;
    return Array.from(next.values(), ({ node }) => node);
  }

  /** How large something is drawn, once that is known. */
  sizeOf(key: ItemKey): Size | undefined {
    return this.#nodes.get(key)?.measured;
  }

  edges(document: Document, selection: Selection): FlowEdge[] {
    const next = new Map<string, DrawnEdge>();
    for (const [id, wire] of Object.entries(document.wires)) {
      const selected = selection.has(itemKey('wire', id));
      const old = this.#edges.get(id);
      next.set(
        id,
        old && old.wire === wire && old.selected === selected
          ? old
          : { wire, selected, edge: drawEdge(id, wire, selected) },
      );
    }
    this.#edges = next;
    return Array.from(next.values(), ({ edge }) => edge);
  }
}

function drawNode(
  type: 'node' | 'frame' | 'note',
  id: string,
  key: ItemKey,
  { thing, selected, measured, dragged, shell }: Omit<Drawn, 'node'>,
  old: FlowNode | undefined,
): FlowNode {
  const [width, height] = thing.size ?? [NODE_WIDTH, undefined];
  return {
    id: key,
    type,
    // The same object while it is drawn the same way: node components read the document by id.
    data: old && old.data.shell === shell ? old.data : { id, ...(shell && { shell }) },
    position: dragged ?? { x: thing.at[0], y: thing.at[1] },
    selected,
    draggable: !thing.pinned,
    width,
    ...(type !== 'node' && height !== undefined && { height }),
    ...(measured && { measured: { width: measured.width, height: measured.height } }),
    ...(shell && { handles: [...shell.handles] }),
    ...(type === 'frame'
      ? { zIndex: FRAME_LAYER, dragHandle: '.frame-handle' }
      : selected && { zIndex: SELECTED_LAYER }),
    ...(type === 'node' && { dragHandle: '.node-handle' }),
  };
}

const drawEdge = (id: string, { from, to }: Wire, selected: boolean): FlowEdge => ({
  id: itemKey('wire', id),
  type: 'wire',
  data: { id },
  source: itemKey('node', from[0]),
  sourceHandle: from[1],
  target: itemKey('node', to[0]),
  targetHandle: to[1],
  ariaLabel: text('wire.label', { from: from.join(' · '), to: to.join(' · ') }),
  selected,
});
