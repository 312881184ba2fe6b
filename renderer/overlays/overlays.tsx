import { SettingsDialog } from '../settings/settings-dialog.tsx';
import { useOverlay } from '../state/overlay-store.ts';
import { AddNode } from './add-node.tsx';
import { CloseTab } from './close-tab.tsx';
import { Connect } from './connect.tsx';
import { FindBar } from './find-bar.tsx';
import { Palette } from './palette.tsx';
import { Shortcuts } from './shortcuts.tsx';
import { Templates } from './templates.tsx';

/** Whatever lies over the editor now. */
export function Overlays() {
  const overlay = useOverlay();
  switch (overlay.kind) {
    case 'palette':
      return <Palette />;
    case 'shortcuts':
      return <Shortcuts />;
    case 'settings':
      return <SettingsDialog start={overlay.section} />;
    case 'templates':
      return <Templates />;
    case 'find':
      return <FindBar />;
    case 'add-node':
      return <AddNode at={overlay.at} wire={overlay.wire} />;
    case 'connect':
      return <Connect node={overlay.node} />;
    case 'close-tab':
      return <CloseTab id={overlay.tab} />;
    case 'rename':
    case 'none':
      return null;
  }
}
