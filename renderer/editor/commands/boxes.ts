import type { ItemKey } from '../../state/item-key.ts';
import { placedThing } from '../../state/placed-thing.ts';
import { canvas, GUESSED_SIZE } from '../canvas-handle.ts';
import type { Box } from '../edits/arrange.ts';
import { doc } from './context.ts';

/** Where things lie and how large they are drawn. */
export function boxesOf(keys: readonly ItemKey[]): Box[] {
  const { graph } = doc();
  return keys.flatMap((key) => {
    const thing = placedThing(graph, key);
    if (!thing) return [];
    const drawn = canvas()?.sizeOf(key);
    const [width, height] = thing.size ?? [GUESSED_SIZE.width, GUESSED_SIZE.height];
    return [{ key, x: thing.at[0], y: thing.at[1], ...(drawn ?? { width, height }) }];
  });
}
