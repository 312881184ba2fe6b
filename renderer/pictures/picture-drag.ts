import type { DragEvent } from 'react';
import { createStore, useStore } from 'zustand';
import type { PictureSummary } from '../../nodes/protocol/contract.ts';
import { canvas } from '../editor/canvas-handle.ts';
import { tell } from '../engine-client/run-session.ts';
import { catalogue } from '../state/catalogue-store.ts';
import { pictureOf } from '../state/pictures-store.ts';
import { activeTab } from '../state/workspace.ts';
import { loadOnCanvas, openDocumentOf, sourceOf } from './picture-actions.ts';

/** What a picture that is dragged carries: its id. */
export const PICTURE_MIME = 'application/x-kronode-picture';

const dragStore = createStore<{ readonly isDragging: boolean }>(() => ({ isDragging: false }));
/** Whether a picture is on its way from the gallery. */
export const useIsPictureDragged = (): boolean => useStore(dragStore, ({ isDragging }) => isDragging);

export function startPictureDrag({ dataTransfer }: DragEvent, { id }: PictureSummary): void {
  dataTransfer.setData(PICTURE_MIME, id);
  dataTransfer.effectAllowed = 'copy';
  dragStore.setState({ isDragging: true });
}

export const endPictureDrag = (): void => dragStore.setState({ isDragging: false });

/** Does a node take the file of a picture? */
const takesPicture = (node: string): boolean =>
  Object.values(catalogue().get(activeTab().store.graph.nodes[node]?.type ?? '')?.inputs ?? {}).some(
    (input) => input.kind === 'file' && input.fileKind === 'image',
  );

/**
 * A picture of the gallery that is dropped on the canvas opens its workflow; with Shift or Alt, or on a
 * node that takes one, it is loaded as an image, as is one that has no workflow.
 */
export function dropPicture(event: DragEvent): void {
  const picture = pictureOf(event.dataTransfer.getData(PICTURE_MIME));
  if (!picture) return;
  endPictureDrag();
  const at = canvas()?.toDocument({ x: event.clientX, y: event.clientY });
  const target = event.target instanceof Element ? event.target.closest('[data-node]') : null;
  const node = target?.getAttribute('data-node') ?? '';
  const isImage = event.shiftKey || event.altKey || takesPicture(node) || !picture.hasDocument;
  const done =
    isImage && at
      ? loadOnCanvas(sourceOf(picture), { at, ...(takesPicture(node) && { node }) })
      : openDocumentOf(picture.id);
  done.catch(tell);
}
