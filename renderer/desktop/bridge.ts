import type { Answer, DesktopBridge } from '../../electron/ipc/channels.ts';
import { UserError } from '../../nodes/core/errors.ts';

/** The way to Electron's main process; undefined where the page runs in a browser. */
export const desktopBridge = (): DesktopBridge | undefined =>
  (globalThis as { readonly kronode?: DesktopBridge }).kronode;

/** @throws UserError with what the main process says. */
export async function answered<T>(answer: Promise<Answer<T>>): Promise<T> {
  const outcome = await answer;
  if (!('error' in outcome)) return outcome.value;
  const { message, hint } = outcome.error;
  throw new UserError(message, hint === undefined ? {} : { hint });
}
