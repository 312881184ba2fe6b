import { PATH_SEPARATOR } from '../../nodes/graph/flatten.ts';
import { previewBlob, runtimeOf } from '../state/runtime-store.ts';
import { isViewerOpen, openViewer, viewerStore } from '../state/viewer-store.ts';
import { sourceOf } from './picture-actions.ts';

/**
 * Looks at the picture a node shows, and at the others of its batch. While it is still being made, at
 * what there is so far.
 * @param node as runs name it; of an instance, what is inside it counts
 */
export function openPreview(tab: string, node: string, preview: string, title: string): void {
  const { previews, pictures, nodes } = runtimeOf(tab);
  const inside = node + PATH_SEPARATOR;
  const at = Object.keys(previews).find(
    (id) => previews[id] === preview && (id === node || id.startsWith(inside)),
  );
  const made = at === undefined || nodes[at]?.state === 'running' ? [] : (pictures[at] ?? []);
  const blob = previewBlob(preview);
  if (made.length > 0) openViewer(made.map(sourceOf), made.length - 1);
  else if (blob) openBlob(blob, title);
}

/** The node lets go of its preview when the next one comes; this one stays as long as it is looked at. */
function openBlob(blob: Blob, label: string): void {
  const url = URL.createObjectURL(blob);
  openViewer([{ url, label }]);
  const stop = viewerStore.subscribe((state) => {
    if (isViewerOpen(state)) return;
    stop();
    URL.revokeObjectURL(url);
  });
}
