import {
  copyPicture,
  deletePictures,
  downloadPicture,
  loadOnCanvas,
  openDocumentOf,
  revealPicture,
  sourceOf,
} from '../../pictures/picture-actions.ts';
import { actualSize, panned, zoomed } from '../../pictures/viewer/pan-zoom.ts';
import {
  goToPicture,
  pictureOf,
  picturesStore,
  selectedPictures,
  selectPictures,
  visiblePictures,
} from '../../state/pictures-store.ts';
import {
  closeCompare,
  dropFromViewer,
  isViewerOpen,
  openCompare,
  openViewer,
  shownSource,
  stepViewer,
  updateViewer,
  type ViewerSource,
  viewerStore,
} from '../../state/viewer-store.ts';
import type { Command, CommandId } from './command.ts';
import type { Keys } from './keys.ts';

/** The pictures that are meant: the one in the viewer while that is open, else those selected in the gallery. */
function meant(): readonly ViewerSource[] {
  if (!isViewerOpen()) return selectedPictures().map(sourceOf);
  const source = shownSource(viewerStore.getState());
  return source ? [source] : [];
}

const meantIds = (): string[] => meant().flatMap((source) => ('id' in source ? [source.id] : []));
const hasText = (): boolean => String(getSelection()) !== '';

const isFile = (id: string): boolean => pictureOf(id)?.file !== undefined;
const savedId = (): string | undefined => meantIds().find(isFile);

/** The picture made before another one, as far as is shown. */
function olderThan(source: ViewerSource): ViewerSource | undefined {
  const { shown } = viewerStore.getState();
  if (isViewerOpen()) return shown?.sources[shown.at + 1];
  const pictures = visiblePictures();
  const at = pictures.findIndex(({ id }) => 'id' in source && id === source.id);
  const older = at < 0 ? undefined : pictures[at + 1];
  return older && sourceOf(older);
}

/** Older and newer: the one before, or the other one that is selected. */
function pair(): readonly [ViewerSource, ViewerSource] | undefined {
  const [first, second, third] = meant();
  if (!first || third) return undefined;
  const older = second ?? olderThan(first);
  return older && [older, first];
}

/** Looks at the selected pictures, or at all that are shown, from the one the keys are at. */
function look(): void {
  const selected = selectedPictures();
  const { current } = picturesStore.getState();
  const pictures = selected.length > 1 ? selected : visiblePictures();
  const at = pictures.findIndex(({ id }) => id === (current ?? selected[0]?.id));
  openViewer(pictures.map(sourceOf), Math.max(at, 0));
}

const aboutPictures: readonly Command[] = [
  {
    id: 'picture.open',
    group: 'pictures',
    scope: 'gallery',
    keys: ['Enter'],
    when: () => selectedPictures().length > 0 || picturesStore.getState().current !== undefined,
    run: look,
  },
  {
    id: 'picture.compare',
    group: 'pictures',
    scope: 'pictures',
    keys: ['D'],
    when: () => {
      const { compared, shown } = viewerStore.getState();
      return compared ? shown !== undefined : pair() !== undefined;
    },
    run: () => {
      const { compared, shown } = viewerStore.getState();
      const [older, newer] = pair() ?? [];
      if (compared && shown) closeCompare();
      else if (older && newer) openCompare(older, newer);
    },
  },
  {
    id: 'picture.workflow',
    group: 'pictures',
    scope: 'pictures',
    keys: ['O'],
    when: () => meantIds().some((id) => pictureOf(id)?.hasDocument),
    run: async () => {
      for (const id of meantIds()) if (pictureOf(id)?.hasDocument) await openDocumentOf(id);
    },
  },
  {
    id: 'picture.load',
    group: 'pictures',
    scope: 'pictures',
    keys: ['L'],
    when: () => meant().length > 0,
    run: async () => {
      for (const source of meant()) await loadOnCanvas(source);
    },
  },
  {
    id: 'picture.copy',
    group: 'pictures',
    scope: 'pictures',
    keys: ['Mod+C'],
    when: () => meant().length === 1 && !hasText(),
    run: async () => {
      const [source] = meant();
      if (source) await copyPicture(source);
    },
  },
  {
    id: 'picture.download',
    group: 'pictures',
    scope: 'pictures',
    keys: ['S'],
    when: () => meant().length > 0,
    run: async () => {
      for (const source of meant()) await downloadPicture(source);
    },
  },
  {
    id: 'picture.reveal',
    group: 'pictures',
    scope: 'pictures',
    keys: ['R'],
    when: () => savedId() !== undefined,
    run: async () => {
      const id = savedId();
      if (id !== undefined) await revealPicture(id);
    },
  },
  {
    id: 'picture.delete',
    group: 'pictures',
    scope: 'pictures',
    keys: ['Delete', 'Backspace'],
    when: () => meantIds().length > 0,
    run: () => {
      const ids = meantIds();
      deletePictures(ids);
      dropFromViewer(new Set(ids));
    },
  },
];

const inGallery: readonly Command[] = [
  {
    id: 'gallery.select-all',
    group: 'pictures',
    scope: 'gallery',
    keys: ['Mod+A'],
    when: () => visiblePictures().length > 0,
    run: () => selectPictures(visiblePictures().map(({ id }) => id)),
  },
  {
    id: 'gallery.deselect',
    group: 'pictures',
    scope: 'gallery',
    keys: ['Escape'],
    when: () => selectedPictures().length > 0,
    run: () => {
      const { current } = picturesStore.getState();
      selectPictures([]);
      if (current !== undefined) goToPicture(current, 'go');
    },
  },
];

/** A command of the viewer, which can be done while it is open. */
const inViewer = (
  id: Extract<CommandId, `viewer.${string}`>,
  keys: readonly Keys[],
  run: () => void,
  when = isViewerOpen,
): Command => ({ id, group: 'pictures', scope: 'viewer', keys, when: () => when(), run });

/** A turn of the zoom by keys, and window pixels of a press of an arrow key. */
const FACTOR = 1.4;
const STRIDE = 80;

function zoomBy(factor: number): void {
  const { seen } = viewerStore.getState();
  if (seen) updateViewer({ view: zoomed(seen.view, factor, { x: 0, y: 0 }, seen.picture) });
}

function showActualSize(): void {
  const { seen } = viewerStore.getState();
  if (seen) updateViewer({ view: actualSize(seen.view, devicePixelRatio) });
}

function panBy(x: number, y: number): void {
  const { seen } = viewerStore.getState();
  if (seen) updateViewer({ view: panned(seen.view, { x: -x * STRIDE, y: -y * STRIDE }, seen.picture) });
}

const isComparing = () => viewerStore.getState().compared !== undefined;
const canStep = (by: number) => () => {
  const { shown, compared } = viewerStore.getState();
  return !compared && shown?.sources[shown.at + by] !== undefined;
};

function swap(): void {
  const { compared, divider } = viewerStore.getState();
  if (compared) updateViewer({ compared: [compared[1], compared[0]], divider: 1 - divider });
}

const viewer: readonly Command[] = [
  inViewer('viewer.next', ['ArrowRight'], () => stepViewer(1), canStep(1)),
  inViewer('viewer.previous', ['ArrowLeft'], () => stepViewer(-1), canStep(-1)),
  inViewer('viewer.fit', ['F'], () => updateViewer({ view: undefined })),
  inViewer('viewer.actual', ['Z'], showActualSize),
  inViewer('viewer.zoom-in', ['=', 'Shift+=', 'Plus'], () => zoomBy(FACTOR)),
  inViewer('viewer.zoom-out', ['-'], () => zoomBy(1 / FACTOR)),
  inViewer('viewer.pan-left', ['Shift+ArrowLeft'], () => panBy(-1, 0)),
  inViewer('viewer.pan-right', ['Shift+ArrowRight'], () => panBy(1, 0)),
  inViewer('viewer.pan-up', ['Shift+ArrowUp'], () => panBy(0, -1)),
  inViewer('viewer.pan-down', ['Shift+ArrowDown'], () => panBy(0, 1)),
  inViewer('viewer.info', ['I'], () => updateViewer({ hasInfo: !viewerStore.getState().hasInfo })),
  inViewer(
    'viewer.layout',
    ['V'],
    () => {
      const { layout } = viewerStore.getState();
      updateViewer({ layout: layout === 'slider' ? 'side-by-side' : 'slider' });
    },
    isComparing,
  ),
  inViewer('viewer.swap', ['X'], swap, isComparing),
];

/** What can be done with pictures that were made, in the gallery and in the viewer. */
export const pictureCommands: readonly Command[] = [...aboutPictures, ...inGallery, ...viewer];
