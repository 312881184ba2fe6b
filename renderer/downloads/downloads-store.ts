import { useEffect } from 'react';
import { createStore, useStore } from 'zustand';
import type { DownloadPlan, DownloadSettings, DownloadsState } from '../../nodes/protocol/downloads.ts';
import { services } from '../app/services.ts';
import { tell } from '../engine-client/run-session.ts';
import { loadModels } from '../models/model-list.ts';
import { useRuntime } from '../state/runtime-store.ts';

interface DownloadsView {
  readonly downloads: DownloadsState | undefined;
  /** The model whose files the mirror is asked for. */
  readonly lookingUp: string | undefined;
  /** What a person is asked to agree to. */
  readonly plan: DownloadPlan | undefined;
}

const store = createStore<DownloadsView>(() => ({
  downloads: undefined,
  lookingUp: undefined,
  plan: undefined,
}));

const engine = () => services().session.engine;

/** Takes news of the downloads; a model that has just become complete can be used at once. */
function take(downloads: DownloadsState): void {
  const before = store.getState().downloads?.models ?? [];
  const hasNew = downloads.models.some(
    ({ id, state }) =>
      state === 'complete' &&
      before.some((old) => old.id === id && old.state !== 'complete' && old.state !== 'absent'),
  );
  store.setState({ downloads });
  if (hasNew) void loadModels();
}

/** The downloads as they are, followed while somebody looks. */
export function useDownloads(): DownloadsView {
  const connected = useRuntime((state) => state.connection.kind === 'connected');
  useEffect(() => {
    if (!connected) return;
    const stop = engine().on('downloads/changed', take);
    void engine().call('downloads/status').then(take, tell);
    return stop;
  }, [connected]);
  return useStore(store);
}

export const configureDownloads = (change: Partial<DownloadSettings>): Promise<void> =>
  engine().call('downloads/configure', change).then(take, tell);

/** Asks the mirror for the files of a model and then the person whether to go on. */
export async function lookUp(id: string): Promise<void> {
  store.setState({ lookingUp: id });
  try {
    store.setState({ plan: await engine().call('downloads/plan', { id }) });
  } catch (error) {
    tell(error);
  } finally {
    store.setState({ lookingUp: undefined });
  }
}

export const closePlan = (): void => store.setState({ plan: undefined });

export async function startDownload({ id, missingBytes }: DownloadPlan): Promise<void> {
  closePlan();
  await engine().call('downloads/start', { id, missingBytes }).catch(tell);
}

export const stopDownload = (id: string, discard: boolean): Promise<void> =>
  engine().call('downloads/stop', { id, discard }).catch(tell);
