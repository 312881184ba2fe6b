import type { MenuDescription, MenuItemDescription } from '../../electron/ipc/channels.ts';
import type { CommandGroup } from '../editor/commands/command.ts';
import { type Command, type CommandId, canRun, command, commands } from '../editor/commands/index.ts';
import type { Keys } from '../editor/commands/keys.ts';
import type { Translate } from '../i18n/index.ts';

/** The menus a person looks for at either end; all others lie between. */
const FIRST: readonly CommandGroup[] = ['file', 'edit', 'node'];
const LAST: readonly CommandGroup[] = ['canvas', 'run', 'view'];

type Entry = CommandId | '-' | 'recent';

/** What comes first in a menu, as it belongs together; the rest of its group follows. */
const layout: Readonly<Partial<Record<CommandGroup, readonly Entry[]>>> = {
  file: ['file.new', 'file.open', 'recent', '-', 'file.save', 'file.save-as', '-', 'file.close'],
  edit: [
    'edit.undo',
    'edit.redo',
    '-',
    'edit.cut',
    'edit.copy',
    'edit.paste',
    'edit.paste-wired',
    'edit.duplicate',
    'edit.delete',
    '-',
    'edit.select-all',
    'edit.deselect',
  ],
  node: ['node.add', 'node.note', 'node.frame'],
  view: ['view.palette', 'view.shortcuts'],
};

/** Every command as the menu bar shows it, as things stand now. */
export function describeMenu(t: Translate, keysOf: (id: CommandId) => readonly Keys[]): MenuDescription {
  const known = new Set(commands.map(({ group }) => group));
  const others = [...known].filter((group) => !FIRST.includes(group) && !LAST.includes(group));
  const item = (found: Command): MenuItemDescription => {
    const [keys] = keysOf(found.id);
    return {
      kind: 'command',
      id: found.id,
      label: t(`cmd.${found.id}`),
      ...(keys !== undefined && { keys }),
      enabled: canRun(found),
      ...(found.isOn && { checked: found.isOn() }),
    };
  };
  const entry = (name: Entry): MenuItemDescription => {
    if (name === '-') return { kind: 'line' };
    if (name === 'recent')
      return { kind: 'recent', label: t('desktop.recent'), clear: t('desktop.recent-clear') };
    return item(command(name));
  };
  return [...FIRST, ...others, ...LAST].map((group) => {
    const first = layout[group] ?? [];
    const rest = commands.filter((other) => other.group === group && !first.includes(other.id));
    const line: MenuItemDescription[] = first.length > 0 && rest.length > 0 ? [{ kind: 'line' }] : [];
    return { id: group, label: t(`cmds.${group}`), items: [...first.map(entry), ...line, ...rest.map(item)] };
  });
}
