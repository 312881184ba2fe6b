import type { DesktopBridge } from '../../electron/ipc/channels.ts';
import { answered } from './bridge.ts';
import { hearDesktop } from './desktop-events.ts';
import { tellDesktop } from './tell-desktop.ts';

/** What the desktop app can do for the page beyond files and the engine. */
export interface Desktop {
  /** Shows a document's file in its folder; @throws UserError when it is not known any more. */
  revealFile(file: string): Promise<void>;
  /** Shows a saved picture in its folder; @throws UserError when it was only shown. */
  revealPicture(picture: string): Promise<void>;
  /** The piece of a workflow on the clipboard; empty where there is something else. */
  readClip(): Promise<string>;
}

export const desktopOf = (bridge: DesktopBridge): Desktop => ({
  revealFile: (file) => answered(bridge.revealFile({ file })),
  revealPicture: (picture) => answered(bridge.revealPicture({ picture })),
  readClip: () => answered(bridge.readClip()),
});

/** Joins the editor to its window, once its documents are there. */
export function joinDesktop(bridge: DesktopBridge): void {
  tellDesktop(bridge);
  hearDesktop(bridge);
}
