import type { CreateServices } from '../../nodes/host/local-worker.ts';
import { serveWorker } from '../../nodes/host/worker-server.ts';
import { parentTransport } from './parent-transport.ts';

/** Makes this process an engine for the one that started it, and ends with that one. */
export function runEngineProcess(createServices: CreateServices): void {
  // Ctrl+C reaches the whole group; the host decides when the engine ends.
  process.on('SIGINT', () => undefined);
  const transport = parentTransport();
  transport.onClose(() => process.exit());
  serveWorker(transport, createServices);
}
