import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { type BrowserWindow, dialog } from 'electron';
import { SHORT_ENDING, WORKFLOW_ENDING, workflowTitle } from '../../nodes/document/file-name.ts';
import type { Words } from './words.ts';

/** As dialogs want them, without the dot; the first one opens with a double-click on this system. */
const endings = (
  process.platform === 'win32' || process.platform === 'darwin'
    ? [SHORT_ENDING, WORKFLOW_ENDING]
    : [WORKFLOW_ENDING, SHORT_ENDING]
).map((ending) => ending.slice(1));

/** Asks which file to open; undefined when the person changes their mind. */
export async function askWhatToOpen(window: BrowserWindow, words: Words): Promise<string | undefined> {
  const { filePaths } = await dialog.showOpenDialog(window, {
    properties: ['openFile'],
    filters: [
      { name: words.workflow, extensions: ['json', SHORT_ENDING.slice(1)] },
      { name: words.picture, extensions: ['png', 'webp'] },
    ],
  });
  return filePaths[0];
}

/** Asks for a folder; undefined when the person changes their mind. */
export async function askForFolder(window: BrowserWindow): Promise<string | undefined> {
  const { filePaths } = await dialog.showOpenDialog(window, {
    properties: ['openDirectory', 'createDirectory'],
  });
  return filePaths[0];
}

/** Asks where to save; undefined when the person changes their mind. */
export async function askWhereToSave(
  window: BrowserWindow,
  words: Words,
  name: string,
): Promise<string | undefined> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    defaultPath: `${workflowTitle(name)}.${endings[0]}`,
    filters: endings.map((ending) => ({ name: `${words.workflow} (*.${ending})`, extensions: [ending] })),
    properties: ['createDirectory', 'showOverwriteConfirmation'],
  });
  return canceled || filePath === '' ? undefined : withEnding(filePath);
}

/** Not every system adds the ending; one that would hit another file, which nobody agreed to, is left off. */
function withEnding(path: string): string {
  const full = `${path}.${endings[0]}`;
  return extname(path) === '' && !existsSync(full) ? full : path;
}

export type Farewell = 'save' | 'discard' | 'cancel';

/** Asks what becomes of unsaved documents. */
export async function askBeforeClosing(
  window: BrowserWindow,
  words: Words,
  unsaved: readonly string[],
): Promise<Farewell> {
  const [first = ''] = unsaved;
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message:
      unsaved.length === 1
        ? words.unsavedOne.replace('{name}', () => first)
        : words.unsavedMany.replace('{count}', String(unsaved.length)),
    detail: words.unsavedDetail,
    buttons: [words.save, words.discard, words.cancel],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  });
  return response === 0 ? 'save' : response === 1 ? 'discard' : 'cancel';
}
