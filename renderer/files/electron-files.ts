import type { DesktopBridge, NamedFile, ReadFile } from '../../electron/ipc/channels.ts';
import { answered } from '../desktop/bridge.ts';
import type { FileAccess, FileHandle, OpenedFile } from './file-access.ts';

const handleOf = ({ id, name }: NamedFile): FileHandle => ({ name, token: id });

/** The main process's id of a file; undefined for one that did not come from it. */
export const fileIdOf = (handle: FileHandle | undefined): string | undefined =>
  typeof handle?.token === 'string' ? handle.token : undefined;

export const openedFile = (file: ReadFile): OpenedFile => ({
  name: file.name,
  bytes: file.bytes,
  handle: file.writable ? handleOf(file) : undefined,
});

/** Native dialogs, and files written by the main process, which alone knows where they are. */
export const electronFiles = (bridge: DesktopBridge): FileAccess => ({
  async open() {
    const file = await answered(bridge.openFile());
    return file && openedFile(file);
  },
  pickFolder: () => answered(bridge.pickFolder()),
  pathOf: async (file) => bridge.pathOf(file),
  async save(text, name, handle) {
    const file = fileIdOf(handle);
    const saved = await answered(bridge.saveFile({ text, name, ...(file !== undefined && { file }) }));
    return saved && handleOf(saved);
  },
});
