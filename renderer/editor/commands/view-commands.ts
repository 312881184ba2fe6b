import { language, setLanguage } from '../../i18n/index.ts';
import { showOverlay } from '../../state/overlay-store.ts';
import { setUi, togglePanel, uiStore } from '../../state/ui-store.ts';
import type { Command } from './command.ts';

function toggleFocus(): void {
  const { leftPanel, rightPanel } = uiStore.getState();
  setUi(leftPanel || rightPanel ? { leftPanel: undefined, rightPanel: undefined } : { rightPanel: 'help' });
}

const isDark = () => document.documentElement.dataset.theme === 'dark';

export const viewCommands: readonly Command[] = [
  { id: 'view.palette', group: 'view', keys: ['Mod+K'], run: () => showOverlay({ kind: 'palette' }) },
  {
    id: 'view.shortcuts',
    group: 'view',
    keys: ['Mod+Shift+K'],
    run: () => showOverlay({ kind: 'shortcuts' }),
  },
  { id: 'view.settings', group: 'view', keys: ['Mod+,'], run: () => showOverlay({ kind: 'settings' }) },
  { id: 'view.nodes', group: 'view', keys: ['N'], run: () => togglePanel('left', 'nodes') },
  { id: 'view.models', group: 'view', keys: ['M'], run: () => togglePanel('left', 'models') },
  { id: 'view.downloads', group: 'view', keys: ['D'], run: () => togglePanel('left', 'downloads') },
  { id: 'view.history', group: 'view', keys: ['H'], run: () => togglePanel('left', 'history') },
  { id: 'view.problems', group: 'view', keys: ['E'], run: () => togglePanel('left', 'problems') },
  { id: 'view.gallery', group: 'view', keys: ['G'], run: () => togglePanel('right', 'gallery') },
  { id: 'view.queue', group: 'view', keys: ['Q'], run: () => togglePanel('right', 'queue') },
  { id: 'view.log', group: 'view', keys: ['J'], run: () => togglePanel('right', 'log') },
  { id: 'view.help', group: 'view', keys: ['I'], run: () => togglePanel('right', 'help') },
  { id: 'view.focus', group: 'view', keys: ['F'], run: toggleFocus },
  { id: 'view.theme', group: 'view', run: () => setUi({ theme: isDark() ? 'light' : 'dark' }) },
  { id: 'view.language', group: 'view', run: () => setLanguage(language() === 'en' ? 'zh' : 'en') },
];
