import { useEffect, useState } from 'react';
import type { CallOutput } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import { tell } from '../engine-client/run-session.ts';
import { useRunReport } from '../state/run-report-store.ts';
import { useRuntime } from '../state/runtime-store.ts';

type Info = CallOutput<'engine/info'>;

/** What the engine counted and holds, asked for again after every run; `ask` does so now. */
export function useEngineInfo(): { readonly info: Info | undefined; readonly ask: () => Promise<void> } {
  const [info, setInfo] = useState<Info>();
  const last = useRunReport((state) => state.last);
  const isConnected = useRuntime(({ connection }) => connection.kind === 'connected');
  const ask = () => services().session.engine.call('engine/info').then(setInfo);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a run that ended is a reason to ask again
  useEffect(() => {
    if (isConnected) ask().catch(tell);
  }, [isConnected, last]);
  return { info, ask };
}
