import { createStore, useStore } from 'zustand';
import type { PictureSummary } from '../../nodes/protocol/contract.ts';
import { matches } from '../pictures/picture-facts.ts';

export interface PicturesState {
  /** Newest first. */
  readonly pictures: readonly PictureSummary[];
  readonly isListed: boolean;
  /** To be deleted unless the person takes it back. */
  readonly hidden: ReadonlySet<string>;
  readonly query: string;
  readonly selected: ReadonlySet<string>;
  /** Where the keys are. */
  readonly current: string | undefined;
  /** Where a range begins that Shift selects. */
  readonly anchor: string | undefined;
}

export const picturesStore = createStore<PicturesState>(() => ({
  pictures: [],
  isListed: false,
  hidden: new Set(),
  query: '',
  selected: new Set(),
  current: undefined,
  anchor: undefined,
}));

export const usePictures = <T>(selector: (state: PicturesState) => T): T => useStore(picturesStore, selector);

export const pictureOf = (id: string): PictureSummary | undefined =>
  picturesStore.getState().pictures.find((picture) => picture.id === id);

const newestFirst = (pictures: readonly PictureSummary[]): PictureSummary[] =>
  [...pictures].sort((a, b) => b.at - a.at);

/** Arrivals that a list under way may not know of yet. */
let arrived: readonly PictureSummary[] = [];
let listing: Promise<void> | undefined;

/** Takes in the whole list, as asked for by `list`; what arrives meanwhile is kept. */
export function listPictures(list: () => Promise<readonly PictureSummary[]>): Promise<void> {
  if (listing) return listing;
  arrived = [];
  listing = list()
    .then((listed) => {
      const known = new Set(listed.map(({ id }) => id));
      const late = arrived.filter(({ id }) => !known.has(id));
      picturesStore.setState({ pictures: newestFirst([...late, ...listed]), isListed: true });
    })
    .finally(() => {
      listing = undefined;
    });
  return listing;
}

/** Takes in a picture that was just made; an equal one moves up. */
export function addPicture(picture: PictureSummary): void {
  if (listing) arrived = [...arrived, picture];
  picturesStore.setState(({ pictures }) => ({
    pictures: [picture, ...pictures.filter(({ id }) => id !== picture.id)],
  }));
}

export function removePictures(ids: ReadonlySet<string>): void {
  arrived = arrived.filter(({ id }) => !ids.has(id));
  picturesStore.setState(({ pictures, selected, hidden, current }) => ({
    pictures: pictures.filter(({ id }) => !ids.has(id)),
    selected: new Set([...selected].filter((id) => !ids.has(id))),
    hidden: new Set([...hidden].filter((id) => !ids.has(id))),
    current: current !== undefined && ids.has(current) ? undefined : current,
  }));
}

/** Hides pictures, or shows them again; the place of the keys goes to a neighbour. */
export function hidePictures(ids: readonly string[], isHidden: boolean): void {
  const before = visiblePictures();
  picturesStore.setState(({ hidden }) => {
    const next = new Set(hidden);
    for (const id of ids)
      if (isHidden) next.add(id);
      else next.delete(id);
    return { hidden: next };
  });
  const { current, selected } = picturesStore.getState();
  if (!isHidden || current === undefined || !ids.includes(current)) return;
  const at = before.findIndex(({ id }) => id === current);
  const left = (picture: PictureSummary) => !ids.includes(picture.id);
  const neighbour = before.slice(at).find(left) ?? before.slice(0, at).findLast(left);
  picturesStore.setState({
    current: neighbour?.id,
    anchor: neighbour?.id,
    selected: new Set([...selected].filter((id) => !ids.includes(id)).concat(neighbour?.id ?? [])),
  });
}

let shown: { readonly of: PicturesState; readonly pictures: readonly PictureSummary[] } | undefined;

/** What the gallery shows: what the filter lets through and nobody deleted. */
export function visiblePictures(state: PicturesState = picturesStore.getState()): readonly PictureSummary[] {
  const { pictures, hidden, query } = state;
  const { of } = shown ?? {};
  if (shown && of?.pictures === pictures && of.hidden === hidden && of.query === query) return shown.pictures;
  const visible = pictures.filter((picture) => !hidden.has(picture.id) && matches(picture, query));
  shown = { of: state, pictures: visible };
  return visible;
}

/** The pictures that commands are about: the selected ones, in the order they are shown. */
export function selectedPictures(): readonly PictureSummary[] {
  const { selected } = picturesStore.getState();
  return visiblePictures().filter(({ id }) => selected.has(id));
}

export const filterPictures = (query: string): void => picturesStore.setState({ query });

/**
 * Goes to a picture.
 * @param how selects it alone, everything from the anchor to it, or switches it; `go` selects nothing
 */
export function goToPicture(id: string, how: 'alone' | 'range' | 'switch' | 'go'): void {
  const { selected, anchor } = picturesStore.getState();
  const range = how === 'range' && anchor !== undefined ? idsBetween(anchor, id) : undefined;
  if (how === 'go') picturesStore.setState({ current: id });
  else if (range) picturesStore.setState({ current: id, selected: range });
  else {
    const next = new Set(how === 'switch' ? selected : []);
    if (how !== 'switch' || !next.delete(id)) next.add(id);
    picturesStore.setState({ current: id, anchor: id, selected: next });
  }
}

/** Two pictures and all between; undefined where one of them is not shown. */
function idsBetween(a: string, b: string): Set<string> | undefined {
  const ids = visiblePictures().map(({ id }) => id);
  const [from = -1, to = -1] = [ids.indexOf(a), ids.indexOf(b)].sort((first, second) => first - second);
  return from < 0 ? undefined : new Set(ids.slice(from, to + 1));
}

export const selectPictures = (ids: Iterable<string>): void =>
  picturesStore.setState({ selected: new Set(ids) });
