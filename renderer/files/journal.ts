import type { EngineClient } from '../engine-client/engine-client.ts';
import { tell } from '../engine-client/run-session.ts';
import { isDirty } from '../state/document-store.ts';
import { openTab, type Tab, workspace } from '../state/workspace.ts';

/** Milliseconds an edit may wait to be written, so that one older than a second is safe on disk. */
const DELAY = 250;

/**
 * Opens what was unsaved when Kronode ended; from then on keeps every unsaved document in the
 * engine's journal.
 */
export async function restoreDocuments(engine: EngineClient): Promise<void> {
  try {
    const entries = await engine.call('journal/list');
    for (const { id, document, title } of entries)
      openTab({ document, name: title === '' ? undefined : title, recovered: id });
  } catch (error) {
    tell(error);
  }
  keepJournal(engine);
}

/** Writes each tab a moment after an edit, and forgets it when it is saved or closed. */
function keepJournal(engine: EngineClient): void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const written = new Set<string>();
  const followed = new Map<string, () => void>();

  const write = (tab: Tab) => {
    timers.delete(tab.id);
    const state = tab.store.state.getState();
    if (isDirty(state)) {
      written.add(tab.id);
      const entry = { id: tab.id, document: state.document, title: tab.name ?? '' };
      engine.call('journal/write', entry).catch(tell);
    } else if (written.delete(tab.id)) engine.call('journal/remove', { id: tab.id }).catch(tell);
  };
  const follow = (tab: Tab) => {
    const soon = () => {
      // Not moved back by later edits: a drag that goes on for long is kept as it goes.
      if (timers.has(tab.id)) return;
      timers.set(
        tab.id,
        setTimeout(() => write(tab), DELAY),
      );
    };
    followed.set(tab.id, tab.store.state.subscribe(soon));
    soon();
  };
  const sync = (tabs: readonly Tab[]) => {
    for (const tab of tabs) if (!followed.has(tab.id)) follow(tab);
    const open = new Set(tabs.map(({ id }) => id));
    for (const [id, stop] of followed) {
      if (open.has(id)) continue;
      stop();
      followed.delete(id);
      clearTimeout(timers.get(id));
      timers.delete(id);
      if (written.delete(id)) engine.call('journal/remove', { id }).catch(tell);
    }
  };
  sync(workspace.getState().tabs);
  workspace.subscribe(({ tabs }) => sync(tabs));
}
