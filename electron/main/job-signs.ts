import { type BrowserWindow, powerSaveBlocker } from 'electron';
import type { EngineHost } from '../../nodes/host.ts';
import { connectEngine } from '../../nodes/protocol/engine.ts';
import { memoryTransports } from '../../nodes/protocol/memory-transport.ts';

/** More than all: the bar moves without saying how far. */
const UNKNOWN = 2;
const NONE = -1;

/** Shows the job that runs on the taskbar, and keeps the computer awake until the queue is empty. */
export function showJobs(
  host: EngineHost,
  window: () => BrowserWindow | undefined,
  onFault: (message: string) => void,
): void {
  const [ours, theirs] = memoryTransports();
  host.connect(theirs);
  const engine = connectEngine(ours, onFault);
  let blocker: number | undefined;
  let running: string | undefined;
  const show = (progress: number) => window()?.setProgressBar(progress);
  engine.on('queue/changed', (queue) => {
    const isBusy = queue.some(({ state }) => state === 'running' || state === 'pending');
    if (isBusy) blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (blocker !== undefined) {
      powerSaveBlocker.stop(blocker);
      blocker = undefined;
    }
    const now = queue.find(({ state }) => state === 'running')?.id;
    if (now === running) return;
    running = now;
    show(now === undefined ? NONE : UNKNOWN);
  });
  engine.on('run/progress', ({ job, done, total }) => {
    if (job === running && total > 0) show(Math.min(1, done / total));
  });
}
