import { services } from '../../app/services.ts';
import { tell } from '../../engine-client/run-session.ts';
import { openBytes, requestClose, saveTab } from '../../files/documents.ts';
import { showOverlay } from '../../state/overlay-store.ts';
import { activeTab, openTab, showTab, workspace } from '../../state/workspace.ts';
import type { Command } from './command.ts';

function stepTab(by: number): void {
  const { tabs, active } = workspace.getState();
  const at = tabs.findIndex(({ id }) => id === active);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  if (next) showTab(next.id);
}

const guarded = (work: () => Promise<unknown>) => () => work().then(() => undefined, tell);

export const fileCommands: readonly Command[] = [
  { id: 'file.new', group: 'file', keys: ['Alt+N'], run: () => void openTab() },
  {
    id: 'file.open',
    group: 'file',
    keys: ['Mod+O'],
    run: guarded(async () => {
      const file = await services().files.open();
      if (file) await openBytes(file);
    }),
  },
  {
    id: 'file.templates',
    group: 'file',
    // Browsers keep Ctrl+Shift+T for themselves.
    keys: ['Mod+Shift+T', 'Alt+T'],
    run: () => showOverlay({ kind: 'templates' }),
  },
  { id: 'file.save', group: 'file', keys: ['Mod+S'], run: guarded(() => saveTab(activeTab())) },
  {
    id: 'file.save-as',
    group: 'file',
    keys: ['Mod+Shift+S'],
    run: guarded(() => saveTab(activeTab(), true)),
  },
  { id: 'file.close', group: 'file', keys: ['Alt+W'], run: () => requestClose(activeTab().id) },
  { id: 'file.next-tab', group: 'file', keys: ['Alt+ArrowRight'], run: () => stepTab(1) },
  { id: 'file.previous-tab', group: 'file', keys: ['Alt+ArrowLeft'], run: () => stepTab(-1) },
];
