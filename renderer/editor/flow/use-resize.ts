import type { OnResizeEnd } from 'reactflow';
import { text } from '../../i18n/index.ts';
import { useTab } from './tab-context.ts';

/** Writes the size a frame or note was dragged to into the document, as one step. */
export function useResize(kind: 'frame' | 'note', id: string): OnResizeEnd {
  const { store } = useTab();
  return (_event, { x, y, width, height }) =>
    store.edit(text('frame.resize'), ({ frames, notes }) => {
      const draft = kind === 'frame' ? frames?.[id] : notes?.[id];
      if (!draft) return;
      draft.at = [Math.round(x), Math.round(y)];
      draft.size = [Math.round(width), Math.round(height)];
    });
}
