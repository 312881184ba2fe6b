import type { DesktopBridge, DesktopEvent } from '../../electron/ipc/channels.ts';
import { UserError } from '../../nodes/core/errors.ts';
import { services } from '../app/services.ts';
import { type CommandId, commands, runCommand } from '../editor/commands/index.ts';
import { tell } from '../engine-client/run-session.ts';
import { discardTab, openBytes, saveTab } from '../files/documents.ts';
import { fileIdOf, openedFile } from '../files/electron-files.ts';
import { isDirty } from '../state/document-store.ts';
import { showTab, type Tab, workspace } from '../state/workspace.ts';
import { answered } from './bridge.ts';

/** Open documents with changes that lie in no file. */
export const unsavedTabs = (): readonly Tab[] =>
  workspace.getState().tabs.filter(({ store }) => isDirty(store.state.getState()));

/** Does what the main process asks for, from now on. */
export function hearDesktop(bridge: DesktopBridge): void {
  bridge.onEvent((event) => void act(event, bridge).catch(tell));
  answered(bridge.ready()).catch(tell);
}

async function act(event: DesktopEvent, bridge: DesktopBridge): Promise<void> {
  switch (event.kind) {
    case 'command':
      return runMenuCommand(event.id);
    case 'open': {
      const open = workspace.getState().tabs.find(({ file }) => fileIdOf(file) === event.file.id);
      return open ? showTab(open.id) : openBytes(openedFile(event.file));
    }
    case 'failed':
      throw new UserError(event.message, event.hint === undefined ? {} : { hint: event.hint });
    case 'closing': {
      const tabs = unsavedTabs();
      for (const tab of tabs) {
        if (event.unsaved === 'discard') discardTab(tab.id);
        else {
          // Whoever is asked where to save should see what.
          showTab(tab.id);
          if (!(await saveTab(tab))) return;
        }
      }
      // What is saved or given up must not come back as work that was lost.
      const { engine } = services().session;
      await Promise.all(tabs.map(({ id }) => engine.call('journal/remove', { id })));
      await answered(bridge.closeWindow());
    }
  }
}

/** What the browser does itself in a text field that has the focus. */
const TEXT_COMMANDS: Readonly<Partial<Record<CommandId, string>>> = {
  'edit.undo': 'undo',
  'edit.redo': 'redo',
  'edit.select-all': 'selectAll',
  'edit.delete': 'delete',
};

function runMenuCommand(id: string): void {
  const found = commands.find((known) => known.id === id);
  if (!found) return;
  const focused = document.activeElement;
  const text = TEXT_COMMANDS[found.id];
  if (text !== undefined && focused instanceof HTMLElement && focused.matches('input, textarea'))
    document.execCommand(text);
  else runCommand(found.id);
}
