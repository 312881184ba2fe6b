import type { CommandId } from '../editor/commands/index.ts';
import { canRun, command, runCommand } from '../editor/commands/index.ts';
import type { Keys } from '../editor/commands/keys.ts';
import type { Translate } from '../i18n/index.ts';
import type { MenuEntry } from '../ui/menu.tsx';

const entries: readonly (CommandId | '-')[] = [
  'picture.open',
  'picture.compare',
  '-',
  'picture.workflow',
  'picture.load',
  '-',
  'picture.copy',
  'picture.download',
  'picture.reveal',
  '-',
  'picture.delete',
];

/** What can be done with the selected pictures. */
export const pictureMenu = (t: Translate, keys: (id: CommandId) => readonly Keys[]): MenuEntry[] =>
  entries.map((id, at) =>
    id === '-'
      ? { kind: 'line', id: `line-${at}` }
      : {
          id,
          label: t(`cmd.${id}`),
          keys: keys(id)[0],
          disabled: !canRun(command(id)),
          danger: id === 'picture.delete',
          onSelect: () => runCommand(id),
        },
  );
