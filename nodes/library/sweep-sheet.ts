import { UserError } from '../core/errors.ts';
import type { Image } from '../core/values.ts';
import type { RunContext } from '../execution/context.ts';
import { showPictures } from './show-pictures.ts';

/** Settings of the sheet that both sweep nodes share. */
interface SheetSettings {
  readonly cell_size: number;
  readonly gap: number;
}

/**
 * Computes the cells of a sweep one after another, shows each as soon as it is there, and puts all on
 * one sheet with labels.
 */
export async function computeSheet(
  ctx: RunContext,
  { cell_size, gap }: SheetSettings,
): Promise<{ readonly grid: Image; readonly images: Image }> {
  const { sweep, services } = ctx;
  if (!sweep) throw new UserError('A sweep cannot run on its own.', { hint: 'Run the whole workflow.' });
  const { columns, rows, cells } = sweep;
  const images: Image[] = [];
  for (const compute of cells) {
    const { value, facts } = await compute();
    // The planner wires what the declaration names, which is an image.
    const image = value as Image;
    images.push(image);
    ctx.progress({ done: images.length, total: cells.length, unit: 'picture' });
    await showPictures(ctx, image, facts);
  }
  const { sheet, batch } = await services.pictures.sheet(images, { columns, rows, gap, cellSize: cell_size });
  await showPictures(ctx, sheet);
  return { grid: sheet, images: batch };
}
