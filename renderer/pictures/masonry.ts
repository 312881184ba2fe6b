/** Where a tile of the gallery lies: its column, and its upper and lower edge in pixels. */
export interface Place {
  readonly index: number;
  readonly lane: number;
  readonly start: number;
  readonly end: number;
}

export type Step = 'previous' | 'next' | 'up' | 'down' | 'first' | 'last';

const STEPS: Readonly<Record<string, Step>> = {
  ArrowLeft: 'previous',
  ArrowRight: 'next',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
};
export const stepOf = (key: string): Step | undefined => STEPS[key];

/**
 * The tile a step leads to from another: sideways in the order of time, up and down within the column.
 * At an end it stays.
 */
export function walk(places: readonly Place[], from: number, step: Step): number {
  const last = places.length - 1;
  switch (step) {
    case 'first':
      return 0;
    case 'last':
      return last;
    case 'previous':
      return Math.max(from - 1, 0);
    case 'next':
      return Math.min(from + 1, last);
    case 'up':
    case 'down': {
      const here = places[from];
      if (!here) return 0;
      const column = places.filter(({ lane }) => lane === here.lane);
      const at = column.indexOf(here) + (step === 'down' ? 1 : -1);
      return column[at]?.index ?? from;
    }
  }
}

/** Columns that fit a width, and how wide each is; pixels. */
export function lanesFor(width: number, gap: number): { readonly lanes: number; readonly laneWidth: number } {
  const lanes = Math.max(Math.floor(width / TILE_WIDTH), 2);
  return { lanes, laneWidth: Math.max((width - gap * (lanes - 1)) / lanes, 1) };
}

/** Least width of a column, in pixels. */
const TILE_WIDTH = 130;

/** Height of a picture in a column; strips far taller or wider than pictures are cut to stay usable. */
export const tileHeight = (laneWidth: number, { width, height }: { width: number; height: number }): number =>
  Math.round(laneWidth * Math.min(Math.max(height / Math.max(width, 1), 0.4), 2.2));
