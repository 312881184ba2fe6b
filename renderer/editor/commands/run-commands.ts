import { PATH_SEPARATOR } from '../../../nodes/graph/flatten.ts';
import { services } from '../../app/services.ts';
import { runtimeStore } from '../../state/runtime-store.ts';
import { setUi, uiStore } from '../../state/ui-store.ts';
import type { Command } from './command.ts';
import { doc, hasNodes, selectedNodes } from './context.ts';

const connected = () => runtimeStore.getState().connection.kind === 'connected';
const busy = () =>
  runtimeStore.getState().queue.some(({ state }) => state === 'running' || state === 'pending');

export const runCommands: readonly Command[] = [
  {
    id: 'run.start',
    group: 'run',
    keys: ['Mod+Enter'],
    when: connected,
    run: () => services().session.start(),
  },
  {
    id: 'run.front',
    group: 'run',
    keys: ['Mod+Shift+Enter'],
    when: connected,
    run: () => services().session.start(undefined, true),
  },
  {
    id: 'run.to-selection',
    group: 'run',
    keys: ['Shift+Enter'],
    when: () => connected() && hasNodes(),
    run: () =>
      services().session.start(selectedNodes().map((id) => [...doc().path, id].join(PATH_SEPARATOR))),
  },
  {
    id: 'run.interrupt',
    group: 'run',
    keys: ['Mod+Alt+Enter'],
    when: busy,
    run: () => services().session.interrupt(),
  },
  { id: 'run.cancel-all', group: 'run', when: busy, run: () => services().session.cancelAll() },
  {
    id: 'run.auto',
    group: 'run',
    isOn: () => uiStore.getState().autoRun,
    run: () => setUi({ autoRun: !uiStore.getState().autoRun }),
  },
];
