import { UserError } from '../../nodes/core/errors.ts';
import { canvas } from '../editor/canvas-handle.ts';
import { addNode } from '../editor/edits/nodes.ts';
import { setInput } from '../editor/flow/node-actions.ts';
import { listFiles } from '../engine-client/file-lists.ts';
import { read } from '../files/browser-files.ts';
import { openBytes } from '../files/documents.ts';
import { text } from '../i18n/index.ts';
import { refuseModelFile } from '../models/drop-models.ts';
import { catalogue } from '../state/catalogue-store.ts';
import { itemKey } from '../state/item-key.ts';
import { activeTab } from '../state/workspace.ts';
import { services } from './services.ts';

/** The kind of node that shows a picture file on the canvas. */
const PICTURE_NODE = 'images.load';

/** Opens the workflow in a file; a picture without one becomes a node that loads it. */
export async function openDropped(file: File): Promise<void> {
  if (refuseModelFile(file)) return;
  const isPicture = file.type.startsWith('image/');
  try {
    await openBytes(await read(file));
  } catch (error) {
    if (!isPicture || !(error instanceof UserError)) throw error;
    await addPicture(file);
  }
}

/** Puts a picture into the input folder and a node that loads it under the pointer. */
export async function addPicture(file: File): Promise<void> {
  const declaration = catalogue().get(PICTURE_NODE);
  const view = canvas();
  if (!declaration || !view) return;
  const at = view.toDocument(view.pointer());
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { name } = await services().session.engine.call('files/add-image', {
    name: file.name || 'pasted.png',
    bytes,
  });
  await listFiles('image');
  let id = '';
  activeTab().store.edit(
    text('cmd.node.add').replace('…', ''),
    (draft) => {
      id = addNode(draft, declaration, at);
      setInput(draft, id, 'image', name);
    },
    { select: () => [itemKey('node', id)] },
  );
}
