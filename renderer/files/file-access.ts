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

/**
 * Reading and writing the user's files. The page has one that works in any browser; a desktop host
 * brings its own. Every method resolves to undefined when the user changes their mind.
 */
export interface FileAccess {
  open(): Promise<OpenedFile | undefined>;
  /** Without a handle it asks where to; `name` is what it proposes. */
  save(text: string, name: string, handle: FileHandle | undefined): Promise<FileHandle | undefined>;
}
