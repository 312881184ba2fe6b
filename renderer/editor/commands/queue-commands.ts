import { services } from '../../app/services.ts';
import { clearCache } from '../../log/clear-cache.ts';
import { runtimeStore } from '../../state/runtime-store.ts';
import type { Command } from './command.ts';

const queue = () => runtimeStore.getState().queue;
const connected = () => runtimeStore.getState().connection.kind === 'connected';
const engine = () => services().session.engine;

/** What can be done with everything that is queued, and with what the engine keeps. */
export const queueCommands: readonly Command[] = [
  {
    id: 'queue.continue',
    group: 'run',
    when: () => queue().some(({ held }) => held),
    run: () => engine().call('queue/continue'),
  },
  {
    id: 'queue.clear-waiting',
    group: 'run',
    when: () => queue().some(({ state }) => state === 'pending'),
    run: () => engine().call('queue/clear-waiting'),
  },
  {
    id: 'queue.clear-finished',
    group: 'run',
    when: () => queue().some(({ state }) => state !== 'pending' && state !== 'running'),
    run: () => engine().call('queue/clear'),
  },
  {
    id: 'run.stop-now',
    group: 'run',
    when: () => queue().some(({ state }) => state === 'running'),
    run: async () => {
      const running = queue().find(({ state }) => state === 'running');
      if (running) await engine().call('run/cancel', { job: running.id, force: true });
    },
  },
  {
    id: 'log.clear-cache',
    group: 'run',
    when: connected,
    run: clearCache,
  },
];
