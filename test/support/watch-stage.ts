import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { childEnvironment } from '../../electron/supervisor/engine-child.ts';
import type { StageReport, StageRequest } from './full-stage.ts';
import { memoryOf } from './process-memory.ts';

const SAMPLING_MILLISECONDS = 20;

/** A stage that is over, and the most memory its process had, in bytes. */
export interface WatchedStage extends StageReport {
  /** Resident, pages of files included. */
  readonly peakBytes: number;
  /** Private, above what the process had before it opened the model. */
  readonly addedBytes: number;
}

/**
 * Runs one stage as engines are started, in a process of its own, and watches its memory. On Linux only.
 * @param program takes the request as JSON after `--stage`
 */
export async function watchStage(program: string, request: StageRequest): Promise<WatchedStage> {
  const child = spawn(process.execPath, [program, '--stage', JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: childEnvironment(),
  });
  const closed = once(child, 'close');
  let peakBytes = 0;
  let privateBytes = 0;
  const timer = setInterval(async () => {
    // Not after its end.
    const memory = await memoryOf(child.pid ?? 0).catch(() => undefined);
    peakBytes = Math.max(peakBytes, memory?.peak ?? 0);
    privateBytes = Math.max(privateBytes, memory?.private ?? 0);
  }, SAMPLING_MILLISECONDS);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await closed;
  clearInterval(timer);
  if (code !== 0) throw new Error(`The stage ${request.stage} ended with ${code}.`);
  const report = JSON.parse(output) as StageReport;
  return { ...report, peakBytes, addedBytes: privateBytes - report.ownBytes };
}
