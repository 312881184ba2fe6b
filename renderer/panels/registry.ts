import { downloadsPanel } from './downloads-panel.tsx';
import { galleryPanel } from './gallery-panel.tsx';
import { helpPanel } from './help-panel.tsx';
import { historyPanel } from './history-panel.tsx';
import { logPanel } from './log-panel.tsx';
import { modelsPanel } from './models-panel.tsx';
import { nodesPanel } from './nodes-panel.tsx';
import type { Panel } from './panel.ts';
import { problemsPanel } from './problems-panel.tsx';
import { queuePanel } from './queue-panel.tsx';

/**
 * All panels, in the order of their icons. To add one: write a component, export a `Panel` from its
 * file and list it here; its words go into a table of `i18n/messages`.
 */
export const panels: readonly Panel[] = [
  nodesPanel,
  modelsPanel,
  downloadsPanel,
  historyPanel,
  problemsPanel,
  helpPanel,
  galleryPanel,
  queuePanel,
  logPanel,
];
