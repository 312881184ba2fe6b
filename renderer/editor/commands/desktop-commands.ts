import { services } from '../../app/services.ts';
import { fileIdOf } from '../../files/electron-files.ts';
import { runtimeOf } from '../../state/runtime-store.ts';
import { activeTab } from '../../state/workspace.ts';
import type { Command } from './command.ts';
import { selectedNodes } from './context.ts';

const fileId = (): string | undefined => fileIdOf(activeTab().file);

/** The newest picture of the selected nodes that lies in a folder. */
function savedPicture(): string | undefined {
  const { pictures } = runtimeOf(activeTab().id);
  return selectedNodes()
    .flatMap((node) => pictures[node] ?? [])
    .findLast(({ file }) => file !== undefined)?.id;
}

/** What only the desktop app can do. */
export const desktopCommands: readonly Command[] = [
  {
    id: 'file.reveal',
    group: 'file',
    when: () => services().desktop !== undefined && fileId() !== undefined,
    run: async () => {
      const file = fileId();
      if (file !== undefined) await services().desktop?.revealFile(file);
    },
  },
  {
    id: 'node.reveal',
    group: 'node',
    when: () => services().desktop !== undefined && savedPicture() !== undefined,
    run: async () => {
      const picture = savedPicture();
      if (picture !== undefined) await services().desktop?.revealPicture(picture);
    },
  },
];
