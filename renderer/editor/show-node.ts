import { PATH_SEPARATOR } from '../../nodes/graph/flatten.ts';
import { type ItemKey, itemKey } from '../state/item-key.ts';
import type { Tab } from '../state/workspace.ts';
import { fitOn } from './canvas-handle.ts';

/** Brings things of one of a tab's graphs into view and selects them. */
export function showItems(tab: Tab, path: readonly string[], keys: readonly ItemKey[]): void {
  const before = tab.store.path.join();
  tab.store.show(path, keys);
  fitOn(keys, tab.store.path.join() === before ? 'this one' : 'another');
}

/** Brings a node into view by the path runs know it by, going into subgraphs as needed. */
export function showNode(tab: Tab, id: string): void {
  const path = id.split(PATH_SEPARATOR);
  const node = path.pop() ?? '';
  showItems(tab, path, [itemKey('node', node)]);
}
