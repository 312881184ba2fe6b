import { Breadcrumb } from '../editor/breadcrumb.tsx';
import { canvas } from '../editor/canvas-handle.ts';
import { EditorCanvas } from '../editor/flow/editor-canvas.tsx';
import { draggedCard, MODEL_CARD_MIME, putToUse } from '../models/use-file.ts';
import { place } from '../overlays/add-node.tsx';
import { Overlays } from '../overlays/overlays.tsx';
import { NODE_TYPE_MIME } from '../panels/nodes-panel.tsx';
import { DropHint } from '../pictures/drop-hint.tsx';
import { dropPicture, PICTURE_MIME } from '../pictures/picture-drag.ts';
import { Viewer } from '../pictures/viewer/viewer.tsx';
import { catalogue } from '../state/catalogue-store.ts';
import { useActiveDocument, useActiveTab } from '../state/workspace.ts';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { Toaster } from '../ui/toast.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';
import { EmptyState } from './empty-state.tsx';
import { EngineBanner } from './engine-banner.tsx';
import { RunControl } from './run-control.tsx';
import { Rail, SidePanel } from './side-panels.tsx';
import { StatusLine } from './status-line.tsx';
import { TabBar } from './tab-bar.tsx';
import { usePageEvents } from './use-page-events.ts';

/** The whole window. */
export function App() {
  usePageEvents();
  return (
    <TooltipProvider>
      <h1 className="sr-only">Kronode</h1>
      <div className="flex h-full flex-col">
        <TabBar />
        <div className="flex min-h-0 flex-1">
          <Rail />
          <SidePanel side="left" />
          <Stage />
          <SidePanel side="right" />
        </div>
        <StatusLine />
      </div>
      <Overlays />
      <Viewer />
      <Toaster />
    </TooltipProvider>
  );
}

/** The canvas of the tab in front and what floats above it. */
function Stage() {
  const tab = useActiveTab();
  const path = useActiveDocument((state) => state.path);
  const empty = useActiveDocument(
    ({ document }) => Object.keys(document.nodes).length + Object.keys(document.notes ?? {}).length === 0,
  );
  return (
    <main
      className="relative min-w-0 flex-1"
      onDragOver={(event) => {
        const { types } = event.dataTransfer;
        if ([NODE_TYPE_MIME, MODEL_CARD_MIME, PICTURE_MIME].some((type) => types.includes(type)))
          event.preventDefault();
      }}
      onDrop={(event) => {
        const declaration = catalogue().get(event.dataTransfer.getData(NODE_TYPE_MIME));
        const at = canvas()?.toDocument({ x: event.clientX, y: event.clientY });
        const card = draggedCard(event.dataTransfer);
        const node = event.target instanceof Element ? event.target.closest('[data-node]') : null;
        if (card && at) putToUse(card, { at, ...(node && { node: node.getAttribute('data-node') ?? '' }) });
        if (declaration && at) place(declaration, { x: at.x - 20, y: at.y - 14 }, undefined);
        dropPicture(event);
      }}
    >
      <ErrorBoundary key={[tab.id, ...path].join(' ')}>
        <EditorCanvas tab={tab} />
      </ErrorBoundary>
      {path.length > 0 && <Breadcrumb />}
      {empty && <EmptyState />}
      <EngineBanner />
      <RunControl />
      <DropHint />
    </main>
  );
}
