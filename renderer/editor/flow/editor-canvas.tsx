import { useCallback, useMemo, useRef, useState } from 'react';
import {
  type EdgeChange,
  MiniMap,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
} from 'reactflow';
import { useStore } from 'zustand';
import { useLanguage, useText } from '../../i18n/index.ts';
import { catalogue, useCatalogue } from '../../state/catalogue-store.ts';
import type { ItemKey } from '../../state/item-key.ts';
import { showOverlay } from '../../state/overlay-store.ts';
import { useUi } from '../../state/ui-store.ts';
import type { Tab } from '../../state/workspace.ts';
import { ContextMenu } from '../../ui/menu.tsx';
import { reportZoom, type Size } from '../canvas-handle.ts';
import { FlowAdapter, type FlowEdge, type FlowNode } from './adapters.ts';
import { ConnectionHint } from './connection-hint.tsx';
import { ConnectionLine } from './connection-line.tsx';
import { FrameView } from './frame-view.tsx';
import { menuAt, selectAt } from './menus.tsx';
import { isUnfolded } from './node-actions.ts';
import { groupInk } from './node-rows.ts';
import { NodeShapes } from './node-shapes.ts';
import { NodeView } from './node-view.tsx';
import { NoteView } from './note-view.tsx';
import { ShapeGauge } from './shape-gauge.tsx';
import { TabProvider, useTab } from './tab-context.ts';
import { useCanvasHandle } from './use-canvas-handle.ts';
import { useNearNodes } from './use-near-nodes.ts';
import { useNodeDrag } from './use-node-drag.ts';
import { usePointerHold } from './use-pointer-hold.ts';
import { useWiring } from './use-wiring.ts';
import { FAR, MAX_ZOOM, MIN_ZOOM, rememberView, viewAtStart } from './view.ts';
import { WireView } from './wire-view.tsx';
import './flow.css';

const nodeTypes = { node: NodeView, frame: FrameView, note: NoteView };
const edgeTypes = { wire: WireView };
const GRID: [number, number] = [10, 10];
const MULTI = ['Shift', 'Meta'];
const BOX = ['Control', 'Shift'];

/** The document of a tab, drawn by React Flow. Mount it with the tab's id as key. */
export function EditorCanvas({ tab }: { readonly tab: Tab }) {
  const density = useUi((state) => state.density);
  const language = useLanguage();
  return (
    <TabProvider value={tab}>
      {/* Both change the sizes of nodes. */}
      <MeasuredCanvas key={`${density} ${language}`} tab={tab} />
    </TabProvider>
  );
}

/** Large graphs are drawn once it is known how large their nodes are. */
function MeasuredCanvas({ tab }: { readonly tab: Tab }) {
  const [shapes] = useState(() => new NodeShapes(catalogue(), (id) => isUnfolded(tab.id, id)));
  const [toMeasure] = useState(() => shapes.toMeasure(tab.store.graph));
  const [room, setRoom] = useState<Size | undefined>(() =>
    toMeasure.length === 0 ? { width: 0, height: 0 } : undefined,
  );
  if (!room) return <ShapeGauge ids={toMeasure} shapes={shapes} onMeasured={setRoom} />;
  return (
    <ReactFlowProvider>
      <Canvas tab={tab} shapes={shapes} firstRoom={room} />
    </ReactFlowProvider>
  );
}

interface CanvasProps {
  readonly tab: Tab;
  readonly shapes: NodeShapes;
  readonly firstRoom: Size;
}

function Canvas({ tab, shapes, firstRoom }: CanvasProps) {
  const t = useText();
  const [adapter] = useState(() => new FlowAdapter(shapes));
  const root = useRef<HTMLDivElement>(null);
  const clicked = useRef<Element | undefined>(undefined);
  const document = useStore(tab.store.state, (state) => state.graph);
  const selection = useStore(tab.store.state, (state) => state.selection);
  const { minimap, snap } = useUiShown();
  const [measured, setMeasured] = useState<ReadonlyMap<ItemKey, Size>>(new Map());
  const sizeOf = useCallback((key: ItemKey) => adapter.sizeOf(key), [adapter]);
  const holdPointer = usePointerHold(root);
  const { dragged, onPositions, handlers } = useNodeDrag(tab, sizeOf, holdPointer);
  const wiring = useWiring(tab);
  useCanvasHandle(tab, root, sizeOf);

  const [firstView] = useState(() => viewAtStart(tab, shapes, firstRoom));
  const near = useNearNodes(shapes, document, firstView.defaultViewport, firstRoom);

  const nodes = useMemo(
    () => adapter.nodes(document, selection, measured, dragged, near),
    [adapter, document, selection, measured, dragged, near],
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
        onFocus={({ target }) => {
          // A wire that is reached by Tab can be deleted; what the pointer selects is React Flow's to say.
          if (target.matches('.react-flow__edge:focus-visible')) selectAt(tab, target);
        }}
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

const PAN_BUTTONS = [0, 1];
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
