/** A file the user chose, as the host knows it: saving again needs no second dialog. */
export interface FileHandle {
  readonly name: string;
  /** Means something only to the FileAccess it came from. */
  readonly token: unknown;
}

export interface OpenedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Absent where the host cannot write back. */
  readonly handle: FileHandle | undefined;
}

/** A workflow that was opened or saved before. */
export interface RecentFile {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether it is read from its file again; otherwise it is as it was then. */
  readonly isLive: boolean;
}

/** The workflows used last, newest first, kept from session to session. */
export interface RecentFiles {
  list(): Promise<readonly RecentFile[]>;
  /** @param text the workflow as it is now */
  note(name: string, handle: FileHandle | undefined, text: string): Promise<void>;
  /** Undefined where the person does not allow it to be read. */
  open(id: string): Promise<OpenedFile | undefined>;
  forget(id: string): Promise<void>;
}

/**
 * Reading and writing the user's files. The page has one that works in any browser; a desktop host
 * brings its own. Every method resolves to undefined when the user changes their mind.
 */
export interface FileAccess {
  open(): Promise<OpenedFile | undefined>;
  /** Without a handle it asks where to; `name` is what it proposes. */
  save(text: string, name: string, handle: FileHandle | undefined): Promise<FileHandle | undefined>;
  /** The system's dialog for a folder: its path. Absent where the host has none, as in a browser. */
  pickFolder?(): Promise<string | undefined>;
  /** Where a dropped file or folder lies. Absent where the page must not know. */
  pathOf?(file: File): Promise<string>;
  /** What was opened and saved before. Absent where the host has a menu of its own. */
  readonly recent?: RecentFiles;
}
