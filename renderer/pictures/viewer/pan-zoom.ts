import type { Point, Size } from '../../editor/canvas-handle.ts';

/** What of a picture is seen: the point of it in the middle of the pane, and window pixels per picture pixel. */
export interface View {
  readonly scale: number;
  readonly center: Point;
}

const MIN_SIDE = 24;
/** Screen pixels that one pixel of the picture may take. */
const MAX_SCALE = 64;
/** Window pixels left free around a picture that fits. */
const MARGIN = 24;

const limited = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);

/** The whole picture, as large as the pane allows. */
export function fitView(picture: Size, pane: Size): View {
  const room = (side: number) => Math.max(side - 2 * MARGIN, 1);
  const scale = Math.min(room(pane.width) / picture.width, room(pane.height) / picture.height);
  return { scale, center: { x: picture.width / 2, y: picture.height / 2 } };
}

/** One pixel of the picture on one pixel of the screen. */
export const actualSize = (view: View, pixelRatio: number): View => ({ ...view, scale: 1 / pixelRatio });

/** The view with its middle on the picture and a scale at which something is seen. */
export function withinLimits({ scale, center }: View, picture: Size): View {
  const least = MIN_SIDE / Math.max(picture.width, picture.height);
  return {
    scale: limited(scale, least, MAX_SCALE),
    center: { x: limited(center.x, 0, picture.width), y: limited(center.y, 0, picture.height) },
  };
}

/**
 * Zooms while the point of the picture under the pointer stays there.
 * @param at the pointer, from the middle of the pane
 */
export function zoomed(view: View, factor: number, at: Point, picture: Size): View {
  const { scale } = withinLimits({ ...view, scale: view.scale * factor }, picture);
  const center = {
    x: view.center.x + at.x / view.scale - at.x / scale,
    y: view.center.y + at.y / view.scale - at.y / scale,
  };
  return withinLimits({ scale, center }, picture);
}

/** Moves the picture by window pixels. */
export const panned = ({ scale, center }: View, by: Point, picture: Size): View =>
  withinLimits({ scale, center: { x: center.x - by.x / scale, y: center.y - by.y / scale } }, picture);

/** How much a turn of the wheel zooms; a trackpad's pinch comes in small turns with Ctrl held. */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }: WheelLike): number {
  const pixels = deltaY * (deltaMode === 1 ? 33 : deltaMode === 2 ? 400 : 1);
  return 2 ** (-limited(pixels, -300, 300) / (ctrlKey ? 90 : 330));
}
interface WheelLike {
  readonly deltaY: number;
  /** 0 pixels, 1 lines, 2 pages. */
  readonly deltaMode: number;
  readonly ctrlKey: boolean;
}
