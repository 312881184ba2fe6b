import type { Page } from 'playwright-core';
import type { Bounds } from './electron-double/messages.ts';

/** What a person answers to the next dialog: paths, a name, or the number of a button. */
export interface DialogAnswers {
  readonly open: readonly string[];
  readonly save: string | undefined;
  readonly message: number;
}

export interface ShownDialog {
  readonly kind: keyof DialogAnswers | 'error';
  readonly options: Readonly<Record<string, unknown>>;
}

export interface MenuEntry {
  readonly label: string;
  readonly accelerator: string | undefined;
  readonly enabled: boolean;
  readonly checked: boolean;
  readonly submenu: readonly MenuEntry[];
}

/** What the app shows of itself outside of its page. */
export interface DesktopSigns {
  readonly title: string;
  readonly isShown: boolean;
  readonly isMaximized: boolean;
  readonly progress: readonly number[];
  readonly isKeptAwake: boolean;
  /** At any time since the start. */
  readonly wasKeptAwake: boolean;
  readonly themeSource: string;
  readonly openedLinks: readonly string[];
  readonly revealed: readonly string[];
  readonly preferences: Readonly<Record<string, unknown>>;
}

/** A running desktop app as a person, and its system, handle it. */
export interface DesktopApp {
  /** The page of its window; waits until there is one. */
  page(): Promise<Page>;
  /** Answers the next dialog of a kind that has no answer yet. */
  answer<K extends keyof DialogAnswers>(kind: K, answer: DialogAnswers[K]): Promise<void>;
  dialogs(): Promise<readonly ShownDialog[]>;
  menu(): Promise<readonly MenuEntry[]>;
  /** Chooses an entry by the labels that lead to it. */
  choose(...labels: readonly string[]): Promise<void>;
  signs(): Promise<DesktopSigns>;
  moveWindow(bounds: Bounds): Promise<void>;
  closeWindow(): Promise<void>;
  quit(): Promise<void>;
  /** The system asks to open a file, as a Mac does. */
  openFile(path: string): Promise<void>;
  /** Starts the app a second time with these files; resolves when that one has ended. */
  startAgain(...files: readonly string[]): Promise<void>;
  /** Of the engine process that lives now. */
  enginePid(): Promise<number | undefined>;
  readonly exited: Promise<void>;
  /** Ends it whatever it is doing; throws what went wrong in its page. */
  stop(): Promise<void>;
}

export interface DesktopOptions {
  /** Holds everything the app keeps; the same one for a second start finds it again. */
  readonly home: string;
  readonly files?: readonly string[];
}

export type StartDesktop = (options: DesktopOptions) => Promise<DesktopApp>;
