import type { EngineClient } from '../engine-client/engine-client.ts';
import { tell } from '../engine-client/run-session.ts';
import { addPicture, listPictures, removePictures } from '../state/pictures-store.ts';
import { dropFromViewer } from '../state/viewer-store.ts';

/** Lists the pictures anew: files may have come or gone without Kronode. */
export const relistPictures = (engine: EngineClient): Promise<void> =>
  listPictures(() => engine.call('pictures/list')).catch(tell);

/** Keeps the list of pictures as the engine tells of them. */
export function followPictures(engine: EngineClient): void {
  engine.on('run/picture', addPicture);
  engine.on('pictures/deleted', ({ ids }) => {
    const gone = new Set(ids);
    removePictures(gone);
    dropFromViewer(gone);
  });
}
