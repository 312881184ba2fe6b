import { PATH_SEPARATOR } from '../../nodes/graph/flatten.ts';
import type { NodeRun, TabRuntime } from './runtime-store.ts';

const known = new WeakMap<TabRuntime['nodes'], Map<string, NodeRun | undefined>>();

/** Entries of nodes inside an instance, by their whole path. */
export const inside = <T>(record: Readonly<Record<string, T>>, instance: string): [string, T][] =>
  Object.entries(record).filter(([id]) => id.startsWith(instance + PATH_SEPARATOR));

/** What a run did at an instance: all that it did at the nodes inside, told as one. */
export function runInside(nodes: TabRuntime['nodes'], instance: string): NodeRun | undefined {
  let runs = known.get(nodes);
  if (!runs) {
    runs = new Map();
    known.set(nodes, runs);
  }
  if (!runs.has(instance)) runs.set(instance, summary(inside(nodes, instance).map(([, run]) => run)));
  return runs.get(instance);
}

function summary(runs: readonly NodeRun[]): NodeRun | undefined {
  if (runs.length === 0) return undefined;
  const failed = runs.find(({ state }) => state === 'failed');
  const running = runs.filter(({ state }) => state === 'running');
  const current = running.find(({ progress }) => progress) ?? running[0];
  const progress = current?.progress;
  const notices = runs.flatMap((run) => run.notices ?? []);
  return {
    state: failed ? 'failed' : current ? 'running' : 'done',
    cached: runs.every(({ cached }) => cached),
    milliseconds: runs.reduce((sum, run) => sum + (run.milliseconds ?? 0), 0),
    ...(progress && { progress }),
    ...(failed?.error && { error: failed.error }),
    ...(notices.length > 0 && { notices: [...new Set(notices)] }),
  };
}

/** What a run would do at an instance: anything at all, or nothing. */
export function markInside(marks: TabRuntime['marks'], instance: string): 'run' | 'cached' | undefined {
  const all = inside(marks, instance).map(([, mark]) => mark);
  return all.includes('run') ? 'run' : all[0];
}
