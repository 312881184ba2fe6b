import { z } from 'zod';

/** Names a file the user chose, for this session; where it lies stays with the main process. */
const zFileId = z.string().regex(/^[\w-]{1,64}$/);
const zFileName = z.string().min(1).max(255);
const zLabel = z.string().max(500);
const zCommandId = z.string().regex(/^[a-z.-]{1,64}$/);

const MAX_DOCUMENT_CHARACTERS = 64 * 2 ** 20;
const MAX_TABS = 1000;

const zMenuItem = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('command'),
    id: zCommandId,
    label: zLabel,
    /** As commands write it: `Mod+Shift+K`. */
    keys: z.string().max(64).optional(),
    enabled: z.boolean(),
    checked: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('line') }),
  /** The files opened or saved last, which only the main process knows. */
  z.strictObject({ kind: z.literal('recent'), label: zLabel, clear: zLabel }),
]);

/** The menu bar: a menu per group of commands, in the words of the user's language. */
const zMenu = z
  .array(z.strictObject({ id: zCommandId, label: zLabel, items: z.array(zMenuItem).max(200) }))
  .max(20);

/** What the page may ask the main process, which parses every input. */
export const channels = {
  /** The page listens to events from now on. */
  ready: z.undefined(),
  /** Answered by an `engine-port` message to the window, with the port. */
  connectEngine: z.undefined(),
  openFile: z.undefined(),
  /** A folder for the settings, which hold paths as the user sees them. */
  pickFolder: z.undefined(),
  /** Without `file` it asks where to; `name` is what it proposes. */
  saveFile: z.strictObject({
    text: z.string().max(MAX_DOCUMENT_CHARACTERS),
    name: zFileName,
    file: zFileId.optional(),
  }),
  revealFile: z.strictObject({ file: zFileId }),
  revealPicture: z.strictObject({ picture: z.string().regex(/^[\w-]{1,64}$/) }),
  setMenu: zMenu,
  /** `unsaved` names the documents that would be lost. */
  setWindow: z.strictObject({ title: zLabel, unsaved: z.array(zLabel).max(MAX_TABS) }),
  setLooks: z.strictObject({ theme: z.enum(['dark', 'light', 'system']), language: z.enum(['en', 'zh']) }),
  /** Everything is saved or given up; the window may close. */
  closeWindow: z.undefined(),
  /** The clipboard's text where it is a piece of a workflow, else nothing. */
  readClip: z.undefined(),
} as const satisfies Record<string, z.ZodType>;

export type Channel = keyof typeof channels;
export type ChannelInput<C extends Channel> = z.output<(typeof channels)[C]>;

export interface NamedFile {
  readonly id: string;
  /** Without folders. */
  readonly name: string;
}

export interface ReadFile extends NamedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether saving may write over it. */
  readonly writable: boolean;
}

interface Outputs {
  readonly openFile: ReadFile | undefined;
  readonly pickFolder: string | undefined;
  readonly saveFile: NamedFile | undefined;
  readonly readClip: string;
}
export type ChannelOutput<C extends Channel> = C extends keyof Outputs ? Outputs[C] : undefined;

/** A failure is a value: Electron would turn an error into text and lose its hint. */
export type Answer<T> =
  | { readonly value: T }
  | { readonly error: { readonly message: string; readonly hint?: string } };

/** What the main process tells the page. */
export type DesktopEvent =
  | { readonly kind: 'command'; readonly id: string }
  | { readonly kind: 'open'; readonly file: ReadFile }
  | { readonly kind: 'failed'; readonly message: string; readonly hint?: string }
  /** The window is to close: save every document, or let their changes go, then `closeWindow`. */
  | { readonly kind: 'closing'; readonly unsaved: 'save' | 'discard' };

/** What the page finds at `window.kronode` in the desktop app. */
export type DesktopBridge = {
  readonly [C in Channel]: ChannelInput<C> extends undefined
    ? () => Promise<Answer<ChannelOutput<C>>>
    : (input: ChannelInput<C>) => Promise<Answer<ChannelOutput<C>>>;
} & {
  readonly onEvent: (listener: (event: DesktopEvent) => void) => void;
  /** Where a file or folder lies that the user dropped; the page can make none of its own that lies anywhere. */
  readonly pathOf: (file: File) => string;
};

export type MenuDescription = z.output<typeof zMenu>;
export type MenuItemDescription = z.output<typeof zMenuItem>;
