import type { BrowserWindow } from 'electron';
import { askBeforeClosing } from './file-dialogs.ts';
import type { Words } from './words.ts';

/** Milliseconds a page has to let go of its documents; one that hangs must not keep the window open. */
const PATIENCE = 5000;

interface FarewellParts {
  /** Names of the documents that would be lost. */
  readonly unsaved: () => readonly string[];
  readonly words: () => Words;
  readonly tell: (what: 'save' | 'discard') => void;
  /** The window stays. */
  readonly onStay: () => void;
}

/**
 * Keeps a window open until its documents are saved or given up.
 * @returns closes it for good, once the page has done either
 */
export function guardClosing(window: BrowserWindow, parts: FarewellParts): () => void {
  let isAsking = false;
  let isAgreed = false;
  const closeNow = () => {
    isAgreed = true;
    if (!window.isDestroyed()) window.close();
  };
  const ask = async () => {
    isAsking = true;
    const answer = await askBeforeClosing(window, parts.words(), parts.unsaved());
    isAsking = false;
    if (answer === 'cancel') return parts.onStay();
    parts.tell(answer);
    if (answer === 'discard') setTimeout(closeNow, PATIENCE).unref();
  };
  window.on('close', (event) => {
    if (isAgreed || parts.unsaved().length === 0) return;
    event.preventDefault();
    if (!isAsking) void ask();
  });
  return closeNow;
}
