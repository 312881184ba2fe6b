import { useEffect } from 'react';
import { createStore, useStore } from 'zustand';
import type { ModelCard } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { relistFiles } from '../engine-client/file-lists.ts';
import { tell } from '../engine-client/run-session.ts';
import { useEngineSettings } from '../settings/engine-settings.ts';
import { useRuntime } from '../state/runtime-store.ts';

interface ModelList {
  readonly cards: readonly ModelCard[] | undefined;
  readonly isLoading: boolean;
}

const store = createStore<ModelList>(() => ({ cards: undefined, isLoading: false }));

/** Looks through the model folders anew; the lists on the nodes follow. */
export async function loadModels(): Promise<void> {
  store.setState({ isLoading: true });
  try {
    store.setState({ cards: await services().session.engine.call('models/list') });
    relistFiles();
  } catch (error) {
    tell(error);
  } finally {
    store.setState({ isLoading: false });
  }
}

/** The model files there are; looked up when somebody first asks and when the folders change. */
export function useModels(): ModelList {
  const connected = useRuntime((state) => state.connection.kind === 'connected');
  const folders = useEngineSettings()?.modelFolders;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other folders hold other models
  useEffect(() => {
    if (connected) void loadModels();
  }, [connected, folders]);
  return useStore(store);
}
