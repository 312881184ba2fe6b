import { createStore, useStore } from 'zustand';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import type { EngineSettings } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { relistFiles } from '../engine-client/file-lists.ts';
import { tell } from '../engine-client/run-session.ts';
import { engineText } from '../i18n/engine-text.ts';

const store = createStore<{ readonly settings: EngineSettings | undefined }>(() => ({ settings: undefined }));

/** As the engine has them; undefined until it was asked. */
export const useEngineSettings = (): EngineSettings | undefined => useStore(store, (state) => state.settings);

/** Asks the engine anew. */
export const loadEngineSettings = (): Promise<void> =>
  services()
    .session.engine.call('engine/settings')
    .then((settings) => store.setState({ settings }), tell);

/** Changes settings of the engine at once; resolves to what was wrong with them, in words. */
export async function configure(change: Partial<EngineSettings>): Promise<string | undefined> {
  try {
    const settings = await services().session.engine.call('engine/configure', change);
    store.setState({ settings });
    if (change.modelFolders) relistFiles();
    void services().session.refresh();
    return undefined;
  } catch (error) {
    const { message, hint } = engineText().told({
      message: messageOf(error),
      hint: error instanceof UserError ? error.hint : undefined,
    });
    return hint === undefined ? message : `${message} ${hint}`;
  }
}
