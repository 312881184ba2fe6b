import type { Image } from '../core/values.ts';
import type { RunContext } from '../execution/context.ts';
import type { Fact } from '../execution/services.ts';

/**
 * Hands every picture of a batch to the person, unsaved.
 * @param facts what they were made with, where that is not all that the node was given
 */
export async function showPictures(ctx: RunContext, image: Image, facts?: readonly Fact[]): Promise<void> {
  const [, height = 0, width = 0] = image.pixels.dims;
  for (const png of await ctx.services.pictures.encode(image))
    ctx.artifact({ kind: 'shown-picture', png, width, height }, facts);
}
