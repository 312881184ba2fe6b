import { basename } from 'node:path';
import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuDescription, MenuItemDescription } from '../ipc/channels.ts';
import { acceleratorOf } from './accelerator.ts';
import type { Words } from './words.ts';

interface MenuParts {
  readonly words: Words;
  /** Paths of files to offer. */
  readonly recent: readonly string[];
  readonly onCommand: (id: string) => void;
  readonly onRecent: (path: string) => void;
  readonly onClearRecent: () => void;
}

type Item = MenuItemConstructorOptions;

const isMac = process.platform === 'darwin';

/** These act on whatever has the focus, text fields included, as no command of the page could. */
const ROLES: Readonly<Record<string, 'cut' | 'copy' | 'paste'>> = {
  'edit.cut': 'cut',
  'edit.copy': 'copy',
  'edit.paste': 'paste',
};

/** The menu bar: the page's commands, and what the system expects beside them. */
export function buildMenu(description: MenuDescription, parts: MenuParts): Menu {
  const { words } = parts;
  const extras: Readonly<Record<string, readonly Item[]>> = {
    file: isMac ? [] : [{ type: 'separator' }, { role: 'quit', label: words.quit }],
    view: [{ type: 'separator' }, { role: 'togglefullscreen', label: words.fullScreen }],
  };
  const menus = description.map(
    ({ id, label, items }): Item => ({
      label,
      submenu: [...items.map((item) => itemOf(item, parts)), ...(extras[id] ?? [])],
    }),
  );
  return Menu.buildFromTemplate(isMac ? [{ role: 'appMenu' }, ...menus, { role: 'windowMenu' }] : menus);
}

function itemOf(item: MenuItemDescription, parts: MenuParts): Item {
  switch (item.kind) {
    case 'line':
      return { type: 'separator' };
    case 'recent':
      return { label: item.label, submenu: recentItems(item.clear, parts) };
    case 'command':
      return commandItem(item, parts);
  }
}

function commandItem(
  { id, label, keys, enabled, checked }: Extract<MenuItemDescription, { kind: 'command' }>,
  { onCommand }: MenuParts,
): Item {
  const accelerator = keys === undefined ? undefined : acceleratorOf(keys);
  const shown: Item = {
    label,
    // The page hears keys first and knows what has the focus; the menu only shows them.
    ...(accelerator !== undefined && { accelerator, registerAccelerator: false }),
  };
  const role = ROLES[id];
  if (role) return { ...shown, role };
  return {
    ...shown,
    enabled,
    ...(checked !== undefined && { type: 'checkbox', checked }),
    click: () => onCommand(id),
  };
}

function recentItems(clear: string, { recent, words, onRecent, onClearRecent }: MenuParts): Item[] {
  if (recent.length === 0) return [{ label: words.noRecent, enabled: false }];
  return [
    ...recent.map((path): Item => ({ label: basename(path), toolTip: path, click: () => onRecent(path) })),
    { type: 'separator' },
    { label: clear, click: onClearRecent },
  ];
}
