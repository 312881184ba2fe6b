import type { MenuItemConstructorOptions } from 'electron';

/** A frame as the page's side knows it. */
export interface Sender {
  readonly window: number;
  readonly url: string;
  readonly isMainFrame: boolean;
}

/** An entry of the menu bar; `click` is the number to ask for it with. */
export type ShownItem = Pick<
  MenuItemConstructorOptions,
  'label' | 'role' | 'type' | 'accelerator' | 'registerAccelerator' | 'enabled' | 'checked'
> & { readonly click?: number; readonly submenu?: readonly ShownItem[] };

export type DialogKind = 'open' | 'save' | 'message' | 'error';

/** What the doubled main process tells the stage, where pages, screens and persons are. */
export type FromMain =
  | { readonly kind: 'window'; readonly window: number; readonly options: object }
  | { readonly kind: 'load'; readonly window: number; readonly url: string }
  | { readonly kind: 'closed'; readonly window: number }
  | { readonly kind: 'changed'; readonly window: number; readonly state: object }
  | { readonly kind: 'app'; readonly state: object }
  | {
      readonly kind: 'send';
      readonly window: number;
      readonly channel: string;
      readonly args: readonly unknown[];
    }
  | {
      readonly kind: 'ports';
      readonly window: number;
      readonly channel: string;
      readonly message: unknown;
      readonly ports: readonly number[];
    }
  | { readonly kind: 'port'; readonly port: number; readonly data: unknown }
  | { readonly kind: 'port-closed'; readonly port: number }
  | { readonly kind: 'menu'; readonly items: readonly ShownItem[] }
  | { readonly kind: 'did'; readonly what: string; readonly value: unknown }
  | { readonly kind: 'second'; readonly args: readonly string[]; readonly folder: string }
  | { readonly kind: 'ask'; readonly id: number; readonly question: MainQuestion }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown };

export type MainQuestion =
  | { readonly kind: 'dialog'; readonly dialog: DialogKind; readonly options: object }
  | { readonly kind: 'clipboard' };

/** What the stage tells the doubled main process. */
export type ToMain =
  | { readonly kind: 'port'; readonly port: number; readonly data: unknown }
  | { readonly kind: 'port-closed'; readonly port: number }
  | { readonly kind: 'click'; readonly item: number }
  | { readonly kind: 'user'; readonly window: number; readonly does: UserAct }
  | {
      readonly kind: 'event';
      readonly name: 'second-instance' | 'open-file';
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'shown'; readonly window: number }
  | { readonly kind: 'gone'; readonly window: number }
  | { readonly kind: 'quit' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'ask'; readonly id: number; readonly question: StageQuestion };

export type UserAct =
  | { readonly kind: 'close' }
  | { readonly kind: 'maximize' }
  | { readonly kind: 'move'; readonly bounds: Bounds };

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type StageQuestion =
  | {
      readonly kind: 'invoke';
      readonly sender: Sender;
      readonly channel: string;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'scheme'; readonly url: string; readonly method: string }
  | { readonly kind: 'navigate'; readonly sender: Sender; readonly url: string }
  | { readonly kind: 'window-open'; readonly window: number; readonly url: string }
  | { readonly kind: 'webview'; readonly window: number }
  | {
      readonly kind: 'permission';
      readonly window: number;
      readonly permission: string;
      readonly url: string;
    };

export interface SchemeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What surrounds a doubled app: environment variable `ELECTRON_DOUBLE`, as JSON. */
export interface Surroundings {
  readonly appPath: string;
  readonly locale: string;
  readonly isPackaged: boolean;
  readonly isSystemDark: boolean;
  readonly displays: readonly { readonly workArea: Bounds }[];
  /** Gives utility processes their parentPort. */
  readonly utilityShim: string;
}
