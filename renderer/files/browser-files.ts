import { isWorkflowName, SHORT_ENDING } from '../../nodes/document/file-name.ts';
import type { FileAccess, FileHandle, OpenedFile } from './file-access.ts';
import { browserRecent } from './recent-files.ts';

/** The part of the File System Access API that is used; TypeScript's DOM does not know the pickers. */
interface Pickers {
  showOpenFilePicker(options: object): Promise<FileSystemFileHandle[]>;
  showSaveFilePicker(options: object): Promise<FileSystemFileHandle>;
}

const types = [{ description: 'Kronode workflow', accept: { 'application/json': ['.json', SHORT_ENDING] } }];
const pictures = { description: 'Picture with a workflow', accept: { 'image/*': ['.png', '.webp'] } };

const pickers = (): Pickers | undefined =>
  'showSaveFilePicker' in globalThis ? (globalThis as unknown as Pickers) : undefined;

const gaveUp = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

/** File System Access where the browser has it, upload and download where not. */
export const browserFiles: FileAccess = {
  recent: browserRecent,

  async open() {
    const api = pickers();
    if (!api) return upload();
    try {
      const [handle] = await api.showOpenFilePicker({ types: [...types, pictures] });
      if (!handle) return undefined;
      const file = await handle.getFile();
      const writable = isWorkflowName(file.name);
      return { ...(await read(file)), handle: writable ? { name: file.name, token: handle } : undefined };
    } catch (error) {
      if (gaveUp(error)) return undefined;
      throw error;
    }
  },

  async save(text, name, handle) {
    const api = pickers();
    if (!api) return download(text, name);
    try {
      const target =
        handle?.token instanceof FileSystemFileHandle
          ? handle.token
          : await api.showSaveFilePicker({ suggestedName: name, types });
      const stream = await target.createWritable();
      await stream.write(text);
      await stream.close();
      return { name: target.name, token: target };
    } catch (error) {
      if (gaveUp(error)) return undefined;
      throw error;
    }
  },
};

/** Reads a file that was dropped or uploaded. */
export const read = async (file: File): Promise<OpenedFile> => ({
  name: file.name,
  bytes: new Uint8Array(await file.arrayBuffer()),
  handle: undefined,
});

const upload = (): Promise<OpenedFile | undefined> =>
  new Promise((resolve, reject) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = `.json,${SHORT_ENDING},.png,.webp`;
    input.addEventListener('cancel', () => resolve(undefined));
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      if (file) read(file).then(resolve, reject);
      else resolve(undefined);
    });
    input.click();
  });

async function download(text: string, name: string): Promise<FileHandle> {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own reference by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  return { name, token: undefined };
}
