import { UserError } from '../core/errors.ts';
import type { Image } from '../core/values.ts';
import type { RunContext } from '../execution/context.ts';
import { showPictures } from './show-pictures.ts';

/** Cells that are computed at once. */
const AT_ONCE = 8;

/** Settings of the sheet that both sweep nodes share. */
interface SheetSettings {
  readonly cell_size: number;
  readonly gap: number;
}

/**
 * Computes the cells of a sweep, shows them in their order as soon as they are there, and puts all on one
 * sheet with labels. Several are computed at once, so that a sampler can take them as one batch.
 */
export async function computeSheet(
  ctx: RunContext,
  { cell_size, gap }: SheetSettings,
): Promise<{ readonly grid: Image; readonly images: Image }> {
  const { sweep, services } = ctx;
  if (!sweep) throw new UserError('A sweep cannot run on its own.', { hint: 'Run the whole workflow.' });
  const { columns, rows, cells } = sweep;
  const images: Image[] = [];
  const started: ReturnType<(typeof cells)[number]>[] = [];
  for (const [i] of cells.entries()) {
    for (const compute of cells.slice(started.length, i + AT_ONCE)) {
      const cell = compute();
      // One that fails while another is waited for is reported when its turn comes.
      cell.catch(() => undefined);
      started.push(cell);
    }
    const cell = started[i];
    if (!cell) continue;
    const { value, facts } = await cell;
    ctx.signal.throwIfAborted();
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
