import { useEffect } from 'react';
import { createStore, useStore } from 'zustand';
import { messageOf } from '../../nodes/core/errors.ts';
import { providerChoices } from '../../nodes/core/providers.ts';
import type { DeviceReport } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import type { Translate } from '../i18n/index.ts';
import { useRuntime } from '../state/runtime-store.ts';

/** A provider as people know it. */
export function providerWords(name: string, t: Translate): string {
  const known = providerChoices.find((choice) => choice === name);
  return known ? t(`device.${known}`) : name;
}

type Answer = { readonly report: DeviceReport } | { readonly failure: string } | undefined;

const store = createStore<{ readonly answer: Answer }>(() => ({ answer: undefined }));

/** Asks the engine what it runs on now. */
export const loadDevice = (): Promise<void> =>
  services()
    .session.engine.call('engine/device')
    .then(
      (report) => store.setState({ answer: { report } }),
      // An engine that does not start with these settings is what this page is there to mend.
      (error: unknown) => store.setState({ answer: { failure: messageOf(error) } }),
    );

/** What the engine runs on; asked anew when it starts and when a job ends. */
export function useDevice(): Answer {
  const engine = useRuntime((state) => state.engine?.state);
  const jobs = useRuntime(({ queue }) => queue.filter(({ state }) => state === 'running').length);
  // biome-ignore lint/correctness/useExhaustiveDependencies: these say when the answer is another one
  useEffect(() => {
    void loadDevice();
  }, [engine, jobs]);
  return useStore(store, ({ answer }) => answer);
}
