import { UserError } from '../../core/errors.ts';

/** How much text Kronode reads from one picture: the largest real workflows are a few megabytes. */
const TEXT_LIMIT = 16 * 2 ** 20;

/** Unpacks a zlib stream; throws when it is damaged or would give more than `maxOutput` bytes. */
export type Inflate = (packed: Uint8Array, maxOutput: number) => Uint8Array | Promise<Uint8Array>;

/** Texts found in a picture. The first of several equal keys wins; all together stay under {@link TEXT_LIMIT}. */
export class TextCollector {
  readonly texts = new Map<string, string>();
  #size = 0;

  /** Bytes that may still be read. */
  get room(): number {
    return TEXT_LIMIT - this.#size;
  }

  /** @throws UserError when `size` more bytes are too many. */
  reserve(size: number): void {
    if (size > this.room)
      throw new UserError(`The picture carries more than ${TEXT_LIMIT / 2 ** 20} MB of text.`, {
        hint: 'A workflow is never that large; remove the metadata with an image editor.',
      });
    this.#size += size;
  }

  add(key: string, text: string): void {
    if (!this.texts.has(key)) this.texts.set(key, text);
  }
}

const KEY = /^[A-Za-z0-9](?:[A-Za-z0-9 _.-]{0,77}[A-Za-z0-9])?$/;

/**
 * Checks what is about to be written into a picture.
 * @throws UserError for a key that PNG (1 to 79 characters) or the `key:text` form in EXIF cannot hold, or for too much text.
 */
export function encodeEntries(entries: Readonly<Record<string, string>>): [key: string, text: Uint8Array][] {
  const encoder = new TextEncoder();
  const collector = new TextCollector();
  return Object.entries(entries).map(([key, text]) => {
    if (!KEY.test(key) || key.includes('  '))
      throw new UserError(`“${key.slice(0, 100)}” cannot be the name of a text in a picture.`, {
        hint: 'Use 1 to 79 letters, digits, dots, dashes or single spaces.',
      });
    const bytes = encoder.encode(text);
    collector.reserve(bytes.length);
    return [key, bytes];
  });
}
