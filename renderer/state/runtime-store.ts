import { createStore, useStore } from 'zustand';
import { sameJson } from '../../nodes/core/same-json.ts';
import type { EngineState, EventPayload, JobSummary, PictureSummary } from '../../nodes/protocol/contract.ts';
import type { ConnectionState } from '../../nodes/protocol/reconnecting-client.ts';
import type { Problem } from './problem.ts';

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly rate?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

/** What the last run did at one node. */
export interface NodeRun {
  readonly state: 'running' | 'done' | 'failed';
  readonly cached: boolean;
  readonly milliseconds?: number;
  readonly progress?: Progress;
  /** One line for each output's value. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly notices?: readonly string[];
  readonly error?: { readonly message: string; readonly hint?: string | undefined };
}

export interface LastRun {
  readonly job: JobSummary;
  readonly steps: string | undefined;
  readonly seeds: readonly string[];
}

/** What is known about the runs of one open document; never saved. */
export interface TabRuntime {
  readonly job: string | undefined;
  readonly nodes: Readonly<Record<string, NodeRun>>;
  /** What a run would do now. */
  readonly marks: Readonly<Record<string, 'run' | 'cached'>>;
  readonly problems: readonly Problem[];
  /** What a node would need if it ran now, such as memory. */
  readonly forecasts: Readonly<Record<string, readonly string[]>>;
  /** Object URLs of the newest picture at a node; their bytes stay with the browser. */
  readonly previews: Readonly<Record<string, string>>;
  readonly pictures: Readonly<Record<string, readonly PictureSummary[]>>;
  /** Values a node measured, to be compared. */
  readonly bars: Readonly<Record<string, EventPayload<'run/bars'>['bars']>>;
  /** What a node wrote. */
  readonly texts: Readonly<Record<string, string>>;
  /** Seeds of the last run by `node input`. */
  readonly usedSeeds: Readonly<Record<string, string>>;
  readonly last: LastRun | undefined;
}

interface RuntimeState {
  readonly tabs: Readonly<Record<string, TabRuntime>>;
  readonly queue: readonly JobSummary[];
  readonly connection: ConnectionState;
  /** The process that computes, behind the connection. */
  readonly engine: EngineState | undefined;
  readonly provider: string | undefined;
  readonly memoryBytes: number;
}

export const emptyRuntime: TabRuntime = {
  job: undefined,
  nodes: {},
  marks: {},
  problems: [],
  forecasts: {},
  previews: {},
  pictures: {},
  bars: {},
  texts: {},
  usedSeeds: {},
  last: undefined,
};

export const runtimeStore = createStore<RuntimeState>(() => ({
  tabs: {},
  queue: [],
  connection: { kind: 'connecting' },
  engine: undefined,
  provider: undefined,
  memoryBytes: 0,
}));

export const runtimeOf = (tab: string): TabRuntime => runtimeStore.getState().tabs[tab] ?? emptyRuntime;

type Change = (runtime: TabRuntime) => TabRuntime;

/** Changes of this frame, applied together: a fast engine must not render faster than the screen. */
let waiting: { readonly tab: string; readonly change: Change }[] = [];

function flush(): void {
  const changes = waiting;
  waiting = [];
  runtimeStore.setState(({ tabs }) => {
    const next = { ...tabs };
    for (const { tab, change } of changes) next[tab] = change(next[tab] ?? emptyRuntime);
    return { tabs: next };
  });
}

/** Changes what is known about a tab's runs, at the next frame. */
export function updateRuntime(tab: string, change: Change): void {
  // Frames stop while the window is hidden; the state must not wait for them.
  if (waiting.length === 0) {
    if (document.hidden) setTimeout(flush, 50);
    else requestAnimationFrame(flush);
  }
  waiting.push({ tab, change });
}

export const updateNodeRun = (
  tab: string,
  node: string,
  change: (run: NodeRun | undefined) => NodeRun,
): void =>
  updateRuntime(tab, (runtime) => ({
    ...runtime,
    nodes: { ...runtime.nodes, [node]: change(runtime.nodes[node]) },
  }));

/** What a run would do; what is as it was stays the same object, so that nothing is drawn anew for it. */
export function setOutlook(
  tab: string,
  { marks, problems, forecasts }: Pick<TabRuntime, 'marks' | 'problems' | 'forecasts'>,
): void {
  updateRuntime(tab, (runtime) => ({
    ...runtime,
    marks,
    problems: problems.map((problem) => runtime.problems.find((old) => sameJson(old, problem)) ?? problem),
    forecasts: Object.fromEntries(
      Object.entries(forecasts).map(([node, lines]) => {
        const old = runtime.forecasts[node];
        return [node, old && sameJson(old, lines) ? old : lines];
      }),
    ),
  }));
}

/** What the URLs of previews stand for. */
const previewData = new Map<string, Blob>();

/** The picture behind the URL of a preview, to be kept longer than that. */
export const previewBlob = (url: string): Blob | undefined => previewData.get(url);

function releasePreview(url: string): void {
  URL.revokeObjectURL(url);
  previewData.delete(url);
}

/** Shows a picture at a node; the URL it replaces is released. */
export function setPreview(
  tab: string,
  node: string,
  picture: Uint8Array | undefined,
  type = 'image/jpeg',
): void {
  const data = picture && new Blob([picture as Uint8Array<ArrayBuffer>], { type });
  const url = data && URL.createObjectURL(data);
  if (url) previewData.set(url, data);
  updateRuntime(tab, (runtime) => {
    const { [node]: old, ...others } = runtime.previews;
    if (old) releasePreview(old);
    return { ...runtime, previews: url ? { ...others, [node]: url } : others };
  });
}

/** Lets go of everything a closed tab held. */
export function forgetRuntime(tab: string): void {
  for (const url of Object.values(runtimeOf(tab).previews)) releasePreview(url);
  runtimeStore.setState(({ tabs }) => {
    const { [tab]: _closed, ...rest } = tabs;
    return { tabs: rest };
  });
}

export const useRuntime = <T>(selector: (state: RuntimeState) => T): T => useStore(runtimeStore, selector);
export const useTabRuntime = <T>(tab: string, selector: (runtime: TabRuntime) => T): T =>
  useStore(runtimeStore, ({ tabs }) => selector(tabs[tab] ?? emptyRuntime));
