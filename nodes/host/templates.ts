import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { openDocument } from '../document/open.ts';
import type { Document } from '../document/schema.ts';
import { library } from '../library/index.ts';

const ENDING = '.kronode.json';
const MAX_THUMBNAIL_BYTES = 2 ** 20;

interface Template {
  readonly id: string;
  readonly document: Document;
  readonly thumbnail?: Uint8Array<ArrayBuffer>;
}

/**
 * The workflows of a folder, each with `pictures/<id>.webp` or `.png` where that exists.
 * @param onNotice hears of files that cannot be opened
 */
export async function readTemplates(folder: string, onNotice: (message: string) => void) {
  const templates: Template[] = [];
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING)).sort();
  for (const name of names) {
    const id = name.slice(0, -ENDING.length);
    try {
      const { document } = openDocument(await readFile(join(folder, name), 'utf8'), library);
      const thumbnail = await pictureOf(join(folder, 'pictures', id));
      templates.push({ id, document, ...(thumbnail && { thumbnail }) });
    } catch (error) {
      onNotice(`The template ${name} cannot be opened: ${messageOf(error)}`);
    }
  }
  return templates;
}

async function pictureOf(stem: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (const path of [`${stem}.webp`, `${stem}.png`]) {
    const size = await stat(path).then(
      (info) => info.size,
      () => Number.POSITIVE_INFINITY,
    );
    if (size <= MAX_THUMBNAIL_BYTES) return new Uint8Array(await readFile(path));
  }
  return undefined;
}
