import { type Tab, workspace } from './workspace.ts';

/** Calls `listener` with every change of an open document or of the set of them. */
export function followTabs(listener: () => void): void {
  const followed = new Map<string, () => void>();
  const sync = (tabs: readonly Tab[]) => {
    const open = new Set(tabs.map(({ id }) => id));
    for (const [id, stop] of followed) {
      if (open.has(id)) continue;
      stop();
      followed.delete(id);
    }
    for (const { id, store } of tabs)
      if (!followed.has(id)) followed.set(id, store.state.subscribe(listener));
  };
  sync(workspace.getState().tabs);
  workspace.subscribe(({ tabs }) => {
    sync(tabs);
    listener();
  });
}
