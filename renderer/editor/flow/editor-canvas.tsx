import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import {
  type EdgeChange,
  MiniMap,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
} from 'reactflow';
import { useStore } from 'zustand';
import { useText } from '../../i18n/index.ts';
import { useCatalogue } from '../../state/catalogue-store.ts';
import type { ItemKey } from '../../state/item-key.ts';
import { showOverlay } from '../../state/overlay-store.ts';
import { useUi } from '../../state/ui-store.ts';
import type { Tab, Viewport } from '../../state/workspace.ts';
import { ContextMenu } from '../../ui/menu.tsx';
import { type Point, reportZoom, type Size, setCanvas } from '../canvas-handle.ts';
import { FlowAdapter, type FlowEdge, type FlowNode } from './adapters.ts';
import { ConnectionHint } from './connection-hint.tsx';
import { ConnectionLine } from './connection-line.tsx';
import { FrameView } from './frame-view.tsx';
import { menuAt, selectAt } from './menus.tsx';
import { groupInk } from './node-rows.ts';
import { NodeView } from './node-view.tsx';
import { NoteView } from './note-view.tsx';
import { TabProvider, useTab } from './tab-context.ts';
import { useNodeDrag } from './use-node-drag.ts';
import { useWiring } from './use-wiring.ts';
import { WireView } from './wire-view.tsx';
import './flow.css';

const nodeTypes = { node: NodeView, frame: FrameView, note: NoteView };
const edgeTypes = { wire: WireView };
const GRID: [number, number] = [10, 10];
const FIT = { padding: 0.12, maxZoom: 1 } as const;
/** Leaves room for the way back at the top. */
const FIT_INSIDE = { padding: { top: '72px', bottom: 0.12, x: 0.08 }, maxZoom: 1 } as const;
const MULTI = ['Shift', 'Meta'];
const BOX = ['Control', 'Shift'];

/** The document of a tab, drawn by React Flow. Mount it with the tab's id as key. */
export function EditorCanvas({ tab }: { readonly tab: Tab }) {
  return (
    <TabProvider value={tab}>
      <ReactFlowProvider>
        <Canvas tab={tab} />
      </ReactFlowProvider>
    </TabProvider>
  );
}

function Canvas({ tab }: { readonly tab: Tab }) {
  const t = useText();
  const adapter = useRef<FlowAdapter>(new FlowAdapter()).current;
  const root = useRef<HTMLDivElement>(null);
  const clicked = useRef<Element | undefined>(undefined);
  const document = useStore(tab.store.state, (state) => state.graph);
  const selection = useStore(tab.store.state, (state) => state.selection);
  const { minimap, snap } = useUiShown();
  const [measured, setMeasured] = useState<ReadonlyMap<ItemKey, Size>>(new Map());
  const holdPointer = usePointerHold(root);
  const { dragged, onPositions, handlers } = useNodeDrag(tab, measured, holdPointer);
  const wiring = useWiring(tab);
  useCanvasHandle(tab, root, measured);

  const [firstView] = useState(() => viewAtStart(tab));

  const nodes = useMemo(
    () => adapter.nodes(document, selection, measured, dragged),
    [adapter, document, selection, measured, dragged],
  );
  const edges = useMemo(() => adapter.edges(document, selection), [adapter, document, selection]);

  const select = useCallback(
    (changes: readonly (NodeChange<FlowNode> | EdgeChange<FlowEdge>)[]) => {
      const next = new Set(tab.store.selection);
      let any = false;
      for (const change of changes) {
        if (change.type !== 'select') continue;
        any = true;
        if (change.selected) next.add(change.id as ItemKey);
        else next.delete(change.id as ItemKey);
      }
      if (any) tab.store.select(next);
    },
    [tab],
  );
  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const sizes = changes.flatMap((change) =>
        change.type === 'dimensions' && change.dimensions
          ? [[change.id as ItemKey, change.dimensions] as const]
          : [],
      );
      if (sizes.length > 0) setMeasured((known) => new Map([...known, ...sizes]));
      onPositions(changes);
      select(changes);
    },
    [onPositions, select],
  );

  return (
    <ContextMenu entries={() => (clicked.current ? menuAt(tab, clicked.current) : [])}>
      <div
        ref={root}
        className="canvas size-full"
        onContextMenuCapture={({ target }) => {
          clicked.current = target instanceof Element ? target : undefined;
          if (clicked.current) selectAt(tab, clicked.current);
        }}
      >
        {/* React Flow tells every socket when one of its handlers is another function: they stay the same. */}
        <ReactFlow<FlowNode, FlowEdge>
          aria-label={t('canvas.label')}
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodesChange={onNodesChange}
          onEdgesChange={select}
          {...handlers}
          {...wiring}
          {...firstView}
          onViewportChange={(viewport) => {
            rememberView(tab, viewport);
            showZoom(root.current, viewport.zoom);
          }}
          onInit={(instance) => showZoom(root.current, instance.getZoom())}
          onMove={holdPointer}
          onDoubleClick={(event) => {
            if (event.target instanceof Element && event.target.classList.contains('react-flow__pane'))
              showOverlay({ kind: 'add-node', at: { x: event.clientX, y: event.clientY } });
          }}
          connectionLineComponent={ConnectionLine}
          connectionRadius={24}
          snapToGrid={snap}
          snapGrid={GRID}
          minZoom={MIN_ZOOM}
          maxZoom={MAX_ZOOM}
          zoomOnDoubleClick={false}
          deleteKeyCode={null}
          panActivationKeyCode={null}
          selectionKeyCode={BOX}
          multiSelectionKeyCode={MULTI}
          selectionMode={SelectionMode.Partial}
          panOnDrag={PAN_BUTTONS}
          nodeDragThreshold={2}
          reconnectRadius={12}
          elevateNodesOnSelect={false}
          disableKeyboardA11y
          onlyRenderVisibleElements={Object.keys(document.nodes).length > VIRTUAL_FROM}
          proOptions={{ hideAttribution: true }}
        >
          {minimap && nodes.length > 0 && <Minimap />}
          <ConnectionHint />
        </ReactFlow>
      </div>
    </ContextMenu>
  );
}

/** Tells the zoom to who shows it, and whether anything can be read at it. */
function showZoom(canvas: HTMLElement | null, zoom: number): void {
  reportZoom(zoom);
  canvas?.toggleAttribute('data-far', zoom < FAR);
}

function rememberView({ view, store }: Tab, viewport: Viewport): void {
  if (store.path.length > 0) view.inside.set(store.path.join(' '), viewport);
  else view.viewport = viewport;
}

/** Where the tab was left, everything in view, or, for an empty document, plain coordinates. */
function viewAtStart({ view, store }: Tab) {
  const known = store.path.length > 0 ? view.inside.get(store.path.join(' ')) : view.viewport;
  if (known) return { defaultViewport: known };
  const { nodes, notes = {}, frames = {} } = store.graph;
  const isEmpty = [nodes, notes, frames].every((things) => Object.keys(things).length === 0);
  if (isEmpty) return {};
  return { fitView: true, fitViewOptions: fitOptions({ store }) };
}

const fitOptions = ({ store }: Pick<Tab, 'store'>) => (store.path.length > 0 ? FIT_INSIDE : FIT);

const PAN_BUTTONS = [0, 1];
const MIN_ZOOM = 0.08;
const MAX_ZOOM = 4;
/** Milliseconds a zoom by key takes. */
const ZOOM_TIME = 120;
/** Below this zoom nothing on a node can be read, so only its outline, title and pictures are drawn. */
const FAR = 0.4;
/** From here on nodes outside the window are not drawn: drawing them anew when they come back costs more than keeping a few hundred. */
const VIRTUAL_FROM = 1500;

function useUiShown() {
  const minimap = useUi((state) => state.minimap);
  const snap = useUi((state) => state.snap);
  return { minimap, snap };
}

function Minimap() {
  const t = useText();
  const catalogue = useCatalogue();
  const tab = useTab();
  return (
    <MiniMap<FlowNode>
      pannable
      zoomable
      position="bottom-left"
      ariaLabel={t('canvas.minimap')}
      nodeBorderRadius={8}
      bgColor="var(--k-surface)"
      maskColor="color-mix(in oklab, var(--k-canvas) 70%, transparent)"
      nodeColor={({ type, data }) => {
        if (type !== 'node') return 'color-mix(in oklab, var(--k-faint) 18%, transparent)';
        const declaration = catalogue.get(tab.store.graph.nodes[data.id]?.type ?? '');
        return declaration
          ? `color-mix(in oklab, ${groupInk[declaration.group]} 45%, var(--k-surface))`
          : 'var(--k-line-strong)';
      }}
      style={{ width: 168, height: 112 }}
    />
  );
}

/**
 * Gives the canvas the mouse that is down: while it drags, the browser need not look for what lies under
 * it among some thousand elements at every move. Not before it moves: a click belongs to what it hits.
 */
function usePointerHold(root: React.RefObject<HTMLDivElement | null>): () => void {
  const pressed = useRef<number>(undefined);
  useEffect(() => {
    const element = root.current;
    const down = ({ pointerId, pointerType }: PointerEvent) => {
      pressed.current = pointerType === 'mouse' ? pointerId : undefined;
    };
    const up = () => {
      pressed.current = undefined;
    };
    element?.addEventListener('pointerdown', down, true);
    window.addEventListener('pointerup', up, true);
    return () => {
      element?.removeEventListener('pointerdown', down, true);
      window.removeEventListener('pointerup', up, true);
    };
  }, [root]);
  return useCallback(() => {
    if (pressed.current === undefined) return;
    root.current?.setPointerCapture(pressed.current);
    pressed.current = undefined;
  }, [root]);
}

/** Lets commands reach this canvas for as long as it is shown. */
function useCanvasHandle(
  tab: Tab,
  root: React.RefObject<HTMLDivElement | null>,
  measured: ReadonlyMap<ItemKey, Size>,
): void {
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const sizes = useRef(measured);
  sizes.current = measured;
  useEffect(() => {
    let pointer: Point | undefined;
    let zooming = { to: 1, until: 0 };
    const element = root.current;
    const move = ({ clientX, clientY }: PointerEvent) => {
      pointer = { x: clientX, y: clientY };
    };
    const leave = () => {
      pointer = undefined;
    };
    element?.addEventListener('pointermove', move);
    element?.addEventListener('pointerleave', leave);
    const middle = (): Point => {
      const box = element?.getBoundingClientRect();
      return box ? { x: box.left + box.width / 2, y: box.top + box.height / 3 } : { x: 0, y: 0 };
    };
    setCanvas({
      toDocument: (point) => flow.screenToFlowPosition(point),
      pointer: () => pointer ?? middle(),
      sizeOf: (key) => sizes.current.get(key),
      fit: (keys) =>
        void flow.fitView({
          ...fitOptions(tab),
          ...(keys && { nodes: keys.map((id) => ({ id })) }),
          duration: 200,
        }),
      zoomBy: (factor) => {
        // Keys come faster than a zoom ends: each counts from where the one before leads.
        const from = performance.now() < zooming.until ? zooming.to : flow.getZoom();
        const to = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, from * factor));
        zooming = { to, until: performance.now() + ZOOM_TIME };
        void flow.zoomTo(to, { duration: ZOOM_TIME });
      },
      zoomTo: (zoom) => void flow.zoomTo(zoom, { duration: ZOOM_TIME }),
      focus: () => element?.focus(),
    });
    return () => {
      setCanvas(undefined);
      element?.removeEventListener('pointermove', move);
      element?.removeEventListener('pointerleave', leave);
    };
  }, [flow, root, tab]);
}
