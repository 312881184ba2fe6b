import { toast } from 'sonner';
import { messageOf, UserError } from '../../nodes/core/errors.ts';
import type { PictureSummary } from '../../nodes/protocol/contract.ts';
import { services } from '../app/services.ts';
import type { Point } from '../editor/canvas-handle.ts';
import { listFiles } from '../engine-client/file-lists.ts';
import { tell } from '../engine-client/run-session.ts';
import { language, text } from '../i18n/index.ts';
import { putToUse } from '../models/use-file.ts';
import { hidePictures, pictureOf } from '../state/pictures-store.ts';
import { closeViewer, type ViewerSource } from '../state/viewer-store.ts';
import { openTab } from '../state/workspace.ts';
import { blobOf } from './picture-data.ts';

/** When a picture was made, as people of the chosen language write it. */
export const timeText = (at: number): string =>
  new Date(at).toLocaleString(language(), { dateStyle: 'medium', timeStyle: 'short' });

/** What a picture is called. */
export const nameOf = ({ file, at }: PictureSummary): string => file ?? timeText(at);

export const sourceOf = (picture: PictureSummary): ViewerSource => ({
  id: picture.id,
  label: nameOf(picture),
});

/** Opens what made a picture in a tab of its own. */
export async function openDocumentOf(id: string): Promise<void> {
  const { document, problems } = await services().session.engine.call('pictures/document', { id });
  const name = pictureOf(id)?.file?.replace(/\.\w+$/, '');
  openTab({ document, name: document.meta?.title ?? name, opened: problems });
  closeViewer();
}

/** Puts a picture into the input folder, and on a node that takes one or a new one that loads it. */
export async function loadOnCanvas(
  source: ViewerSource,
  place: { readonly at?: Point; readonly node?: string } = {},
): Promise<void> {
  const blob = await blobOf(source);
  const { name } = await services().session.engine.call('files/add-image', {
    name: fileName(source, blob),
    bytes: new Uint8Array(await blob.arrayBuffer()),
  });
  await listFiles('image');
  putToUse({ name, kinds: ['image'], missing: [] }, place);
  closeViewer();
}

const ENDINGS: Readonly<Record<string, string>> = { 'image/png': '.png', 'image/jpeg': '.jpg' };

/** A name for the file of a picture, whatever it is called on the screen. */
function fileName({ label }: ViewerSource, { type }: Blob): string {
  const ending = ENDINGS[type] ?? '.webp';
  const stem = label.replace(/\.(png|webp|jpe?g)$/i, '').replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
  return `${stem || 'kronode'}${ending}`;
}

/** Saves a picture through the browser's downloads. */
export async function downloadPicture(source: ViewerSource): Promise<void> {
  const blob = await blobOf(source);
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName(source, blob);
  link.click();
  // The download has its own reference by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Puts a picture on the system's clipboard, as PNG: the only kind that every browser takes. */
export async function copyPicture(source: ViewerSource): Promise<void> {
  // Given as a promise, the picture may take its time without the browser forgetting who asked.
  const png = blobOf(source).then(asPng);
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
  } catch (error) {
    await png;
    throw new UserError(text('pictures.no-clipboard', { reason: messageOf(error) }), { cause: error });
  }
  toast.success(text('pictures.copied'));
}

async function asPng(blob: Blob): Promise<Blob> {
  if (blob.type === 'image/png') return blob;
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/png' });
}

export const revealPicture = (id: string): Promise<void> =>
  services().session.engine.call('pictures/reveal', { id });

/** Deletions that can still be taken back. */
const pending = new Map<readonly string[], () => void>();

/** Milliseconds in which a deletion can be taken back. */
const UNDO_TIME = 8000;

/** Removes pictures from sight at once and from disk when nobody took that back. */
export function deletePictures(ids: readonly string[]): void {
  hidePictures(ids, true);
  const commit = () => {
    if (!pending.delete(ids)) return;
    clearTimeout(timer);
    services()
      .session.engine.call('pictures/delete', { ids: [...ids] })
      .catch((error: unknown) => {
        hidePictures(ids, false);
        tell(error);
      });
  };
  const timer = setTimeout(commit, UNDO_TIME);
  pending.set(ids, commit);
  toast(text('pictures.deleted', { count: ids.length }), {
    duration: UNDO_TIME,
    action: {
      label: text('pictures.undo'),
      onClick: () => {
        clearTimeout(timer);
        if (pending.delete(ids)) hidePictures(ids, false);
      },
    },
  });
}

// Who closes the window meant it.
globalThis.addEventListener?.('pagehide', () => {
  for (const commit of [...pending.values()]) commit();
});
