import type { EngineClient } from '../engine-client/engine-client.ts';
import { tell } from '../engine-client/run-session.ts';
import { addEntries, noteFinished, noteProgress, setEntries } from '../state/run-report-store.ts';

/** Keeps how far the running job is, how the last one went, and the log, whichever window they are of. */
export function followRuns(engine: EngineClient): void {
  engine.on('run/node-started', ({ job, node }) => noteProgress({ job, node, progress: undefined }));
  engine.on('run/progress', ({ job, node, ...progress }) => noteProgress({ job, node, progress }));
  engine.on('run/finished', noteFinished);
  engine.on('engine/log', (entry) => addEntries([entry]));
  engine.onConnection(({ kind }) => {
    if (kind === 'connected') engine.call('engine/recent-log').then(setEntries, tell);
  });
}
