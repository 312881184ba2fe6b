import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { openFirstDocument } from './app/first-document.ts';
import { provideServices } from './app/services.ts';
import { desktopBridge } from './desktop/bridge.ts';
import { desktopOf, joinDesktop } from './desktop/desktop.ts';
import { openEnginePort } from './desktop/engine-port.ts';
import { connectEngine, openSocket } from './engine-client/engine-client.ts';
import { enterSession } from './engine-client/enter-session.ts';
import { RunSession } from './engine-client/run-session.ts';
import { browserFiles } from './files/browser-files.ts';
import { electronFiles } from './files/electron-files.ts';
import { restoreDocuments } from './files/journal.ts';
import { followPictures } from './pictures/follow-pictures.ts';
import { followRuns } from './queue/follow-runs.ts';
import { restoreCatalogue } from './state/catalogue-store.ts';
import { followTheme } from './state/ui-store.ts';
import { ErrorBoundary } from './ui/error-boundary.tsx';
import './theme.css';

followTheme();
restoreCatalogue();
const bridge = desktopBridge();
if (!bridge) await enterSession();
const session = new RunSession(connectEngine(bridge ? openEnginePort(bridge) : openSocket));
followPictures(session.engine);
followRuns(session.engine);
provideServices(
  bridge
    ? { session, files: electronFiles(bridge), desktop: desktopOf(bridge) }
    : { session, files: browserFiles },
);
void restoreDocuments(session.engine)
  .then(openFirstDocument)
  .then(() => session.adoptRuns())
  .then(() => bridge && joinDesktop(bridge));

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <App />
      </ErrorBoundary>
    </StrictMode>,
  );
