import { toast } from 'sonner';
import { WORKFLOW_ENDING, workflowTitle } from '../../nodes/document/file-name.ts';
import { serializeDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { services } from '../app/services.ts';
import { text } from '../i18n/index.ts';
import { removePinsOf } from '../live/pins.ts';
import { isDirty } from '../state/document-store.ts';
import { showOverlay } from '../state/overlay-store.ts';
import { forgetRuntime } from '../state/runtime-store.ts';
import { closeTab, openTab, type Tab, tabOf, updateTab } from '../state/workspace.ts';
import type { FileHandle, OpenedFile } from './file-access.ts';

/** What a tab is called. */
export const titleOfTab = (tab: Tab): string =>
  tab.name ?? tab.store.document.meta?.title ?? text('tab.untitled');

/**
 * Opens a workflow file, or the workflow inside a picture, in a tab of its own.
 * @throws UserError when there is none in it.
 */
export async function openBytes({ name, bytes, handle }: OpenedFile): Promise<void> {
  const content = /\.(png|webp)$/i.test(name) ? bytes : new TextDecoder().decode(bytes);
  const document = await openContent(content, { name: workflowTitle(name), file: handle });
  noteRecent(handle?.name ?? `${workflowTitle(name)}${WORKFLOW_ENDING}`, handle, serializeDocument(document));
}

/**
 * Opens the text of a workflow, or a picture that carries one, in a tab of its own.
 * @throws UserError when there is none in it.
 */
export async function openContent(
  content: string | OpenedFile['bytes'],
  kept: Partial<Pick<Tab, 'name' | 'file'>> = {},
): Promise<Document> {
  const { document, problems } = await services().session.engine.call('document/open', { content });
  openTab({ document, ...kept, opened: problems });
  if (problems.length > 0) toast.warning(text('file.opened-with', { count: problems.length }));
  return document;
}

/** A browser that keeps nothing (a private window) lists nothing; that is no reason to complain. */
function noteRecent(name: string, handle: FileHandle | undefined, content: string): void {
  services()
    .files.recent?.note(name, handle, content)
    .catch((error: unknown) => console.warn(error));
}

/** Saves a tab where it was opened from, or where the user says; false when they changed their mind. */
export async function saveTab(tab: Tab, elsewhere = false): Promise<boolean> {
  const { viewport } = tab.view;
  const { document } = tab.store;
  const saved = viewport
    ? { ...document, view: { at: [viewport.x, viewport.y], zoom: viewport.zoom } }
    : document;
  const content = serializeDocument(saved as typeof document);
  const handle = await services().files.save(
    content,
    `${titleOfTab(tab)}${WORKFLOW_ENDING}`,
    elsewhere ? undefined : tab.file,
  );
  if (!handle) return false;
  tab.store.markSaved(document);
  updateTab(tab.id, { name: workflowTitle(handle.name), file: handle });
  noteRecent(handle.name, handle, content);
  toast.success(text('file.saved', { name: handle.name }));
  return true;
}

/** Closes a tab; asks first when there is something to lose. */
export function requestClose(id: string): void {
  const tab = tabOf(id);
  if (!tab) return;
  if (isDirty(tab.store.state.getState())) showOverlay({ kind: 'close-tab', tab: id });
  else discardTab(id);
}

export function discardTab(id: string): void {
  closeTab(id);
  forgetRuntime(id);
  removePinsOf(id);
}
