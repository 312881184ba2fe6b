import { createStore, useStore } from 'zustand';
import type { EventPayload, LogEntry } from '../../nodes/protocol/contract.ts';
import type { Progress } from './runtime-store.ts';

/** The job that runs and how far it is. */
export interface Running {
  readonly job: string;
  readonly node: string;
  readonly progress: Progress | undefined;
}

interface RunReportState {
  readonly running: Running | undefined;
  /** How the last run went that came to its end. */
  readonly last: EventPayload<'run/finished'> | undefined;
  /** Newest last. */
  readonly entries: readonly LogEntry[];
}

const KEPT = 1000;

const runReportStore = createStore<RunReportState>(() => ({
  running: undefined,
  last: undefined,
  entries: [],
}));

export const useRunReport = <T>(selector: (state: RunReportState) => T): T =>
  useStore(runReportStore, selector);

export const noteProgress = (running: Running): void => runReportStore.setState({ running });

export function noteFinished(finished: EventPayload<'run/finished'>): void {
  const isDone = finished.job.state === 'done';
  runReportStore.setState({ running: undefined, ...(isDone && { last: finished }) });
}

export const addEntries = (added: readonly LogEntry[]): void =>
  runReportStore.setState(({ entries }) => ({ entries: [...entries, ...added].slice(-KEPT) }));
export const setEntries = (entries: readonly LogEntry[]): void => runReportStore.setState({ entries });
