import { useEffect } from 'react';
import { onCopy, pasteText } from '../editor/commands/edit-commands.ts';
import { dispatchKey, releaseKey } from '../editor/commands/key-bindings.ts';
import { CLIPBOARD_MIME } from '../editor/edits/clipboard.ts';
import { tell } from '../engine-client/run-session.ts';
import { droppedFolder, registerDropped } from '../models/drop-models.ts';
import { isDirty } from '../state/document-store.ts';
import { workspace } from '../state/workspace.ts';
import { addPicture, openDropped } from './drop.ts';
import { services } from './services.ts';

const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea'));

/** Keys, the clipboard and dropped files, wherever in the window they arrive. */
export function usePageEvents(): void {
  useEffect(() => {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    let shift = false;
    const key = (event: KeyboardEvent) => {
      shift = event.shiftKey;
      dispatchKey(event);
    };
    const copied = (cut: boolean) => (event: ClipboardEvent) => {
      // Text that is selected, in a field or in a panel, is what is meant.
      if (isText(event.target) || String(getSelection()) !== '') return;
      onCopy(event, cut);
    };
    const pasted = (event: ClipboardEvent) => {
      if (isText(event.target) || !event.clipboardData) return;
      const data = event.clipboardData;
      const picture = [...data.files].find(({ type }) => type.startsWith('image/'));
      if (picture) return void addPicture(picture).catch(tell);
      pasteText(data.getData(CLIPBOARD_MIME) || data.getData('text/plain'), shift);
    };
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
    };
    const dropped = (event: DragEvent) => {
      const data = event.dataTransfer;
      const [file] = data?.files ?? [];
      if (!data || !file) return;
      event.preventDefault();
      const folder = droppedFolder(data);
      void (folder ? registerDropped(folder) : openDropped(file)).catch(tell);
    };
    const leaving = (event: BeforeUnloadEvent) => {
      // The desktop app asks in a dialog of its own.
      if (services().desktop) return;
      if (workspace.getState().tabs.some(({ store }) => isDirty(store.state.getState())))
        event.preventDefault();
    };
    window.addEventListener('keydown', key, { ...options, capture: true });
    window.addEventListener('keydown', key, options);
    window.addEventListener('keyup', ({ code }) => releaseKey(code), options);
    window.addEventListener('blur', () => releaseKey(), options);
    window.addEventListener('copy', copied(false), options);
    window.addEventListener('cut', copied(true), options);
    window.addEventListener('paste', pasted, options);
    window.addEventListener('dragover', over, options);
    window.addEventListener('drop', dropped, options);
    window.addEventListener('beforeunload', leaving, options);
    return () => stop.abort();
  }, []);
}
