import { toast } from 'sonner';
import { text } from '../i18n/index.ts';
import { newId } from '../state/new-id.ts';
import type { OpenedFile, RecentFiles } from './file-access.ts';

const DATABASE = 'kronode';
const STORE = 'recent';
const MOST = 12;
/** Workflows beyond this are found again by their file only. */
const MOST_CHARACTERS = 2 ** 21;

/** The part of a handle TypeScript's DOM does not know. */
type Handle = FileSystemFileHandle & {
  queryPermission?(options: { mode: 'read' }): Promise<PermissionState>;
  requestPermission?(options: { mode: 'read' }): Promise<PermissionState>;
};

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly at: number;
  readonly handle?: Handle;
  /** The workflow as it was then. */
  readonly text: string;
}

const answered = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });

async function inStore<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE, { keyPath: 'id' }));
  const database = await answered(opening);
  try {
    return await answered(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

async function entries(): Promise<Entry[]> {
  const all: Entry[] = await inStore('readonly', (store) => store.getAll());
  return all.sort((a, b) => b.at - a.at);
}

const forget = (id: string): Promise<void> => inStore('readwrite', (store) => store.delete(id));

/** Workflows in the browser's own database: their files where it hands them out, their text where not. */
export const browserRecent: RecentFiles = {
  async list() {
    return (await entries()).map(({ id, name, at, handle }) => ({
      id,
      name,
      at,
      isLive: handle !== undefined,
    }));
  },

  async note(name, file, content) {
    const handle = file?.token instanceof FileSystemFileHandle ? (file.token as Handle) : undefined;
    if (!handle && content.length > MOST_CHARACTERS) return;
    const before = await entries();
    const same: Entry[] = [];
    for (const entry of before) if (await isSame(entry, name, handle)) same.push(entry);
    const id = same[0]?.id ?? newId('recent');
    const kept = content.length > MOST_CHARACTERS ? '' : content;
    const entry: Entry = { id, name, at: Date.now(), text: kept, ...(handle && { handle }) };
    await inStore('readwrite', (store) => store.put(entry));
    const others = before.filter((known) => known.id !== id);
    for (const old of [...same.slice(1), ...others.slice(MOST - 1)]) await forget(old.id);
  },

  async open(id) {
    const entry = (await entries()).find((known) => known.id === id);
    if (!entry) return undefined;
    return entry.handle ? readFile(entry, entry.handle) : copyOf(entry);
  },

  forget,
};

async function isSame(entry: Entry, name: string, handle: Handle | undefined): Promise<boolean> {
  if (handle && entry.handle) return entry.handle.isSameEntry(handle);
  return !handle && !entry.handle && entry.name === name;
}

async function readFile(entry: Entry, handle: Handle): Promise<OpenedFile | undefined> {
  const asked = { mode: 'read' } as const;
  const isAllowed =
    (await handle.queryPermission?.(asked)) === 'granted' ||
    (await handle.requestPermission?.(asked)) === 'granted';
  if (!isAllowed) return undefined;
  try {
    const file = await handle.getFile();
    const bytes = new Uint8Array(await file.arrayBuffer());
    return { name: file.name, bytes, handle: { name: file.name, token: handle } };
  } catch (error) {
    // Moved or deleted since; what it held is better than nothing.
    if (entry.text === '' || !(error instanceof DOMException)) throw error;
    toast.warning(text('recent.gone', { name: entry.name }));
    return copyOf(entry);
  }
}

const copyOf = ({ name, text: content }: Entry): OpenedFile => ({
  name,
  bytes: new TextEncoder().encode(content),
  handle: undefined,
});
