import { UserError } from '../../core/errors.ts';
import { concatBytes, decodeLatin1, viewOf } from './bytes.ts';

/** A TIFF field of the first directory: 12 bytes as they are in the block. */
interface Field {
  readonly tag: number;
  readonly raw: Uint8Array;
}

interface Directory {
  /** The TIFF block, without the `Exif` marker some writers put before it. */
  readonly block: Uint8Array;
  readonly littleEndian: boolean;
  readonly fields: readonly Field[];
}

const ASCII = 2;
const FIELD_BYTES = 12;

const damaged = (what: string) => new UserError(`The EXIF data of the picture is damaged: ${what}.`);

/** Bytes of an empty little-endian TIFF block: header and a directory of no fields. */
const EMPTY_BLOCK = Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0);

function readDirectory(exif: Uint8Array): Directory {
  const block = decodeLatin1(exif.subarray(0, 6)) === 'Exif\0\0' ? exif.subarray(6) : exif;
  const order = decodeLatin1(block.subarray(0, 2));
  if (block.length < 8 || (order !== 'II' && order !== 'MM')) throw damaged('it has no TIFF header');
  const littleEndian = order === 'II';
  const view = viewOf(block);
  const start = view.getUint32(4, littleEndian);
  if (start + 2 > block.length) throw damaged('its directory lies outside');
  const count = view.getUint16(start, littleEndian);
  if (start + 2 + count * FIELD_BYTES > block.length) throw damaged('its directory is cut off');
  const fields = Array.from({ length: count }, (_, i) => {
    const at = start + 2 + i * FIELD_BYTES;
    return { tag: view.getUint16(at, littleEndian), raw: block.subarray(at, at + FIELD_BYTES) };
  });
  return { block, littleEndian, fields };
}

/** Bytes of a text field without its closing NUL; undefined where the field is not text. */
function textOf({ block, littleEndian }: Directory, { raw }: Field): Uint8Array | undefined {
  const view = viewOf(raw);
  if (view.getUint16(2, littleEndian) !== ASCII) return undefined;
  const length = view.getUint32(4, littleEndian);
  const offset = view.getUint32(8, littleEndian);
  if (length > 4 && offset + length > block.length) throw damaged('a text lies outside');
  const bytes = length <= 4 ? raw.subarray(8, 8 + length) : block.subarray(offset, offset + length);
  return bytes[length - 1] === 0 ? bytes.subarray(0, length - 1) : bytes;
}

/**
 * Texts of the first directory of an EXIF block, in its order.
 * @throws UserError when the block is damaged.
 */
export function readExifTexts(exif: Uint8Array): Uint8Array[] {
  const directory = readDirectory(exif);
  return directory.fields.flatMap((field) => textOf(directory, field) ?? []);
}

/**
 * An EXIF block with texts added under their tags. What was in the block stays where it was, since
 * other directories point into it by offset; a new first directory at the end takes over its fields.
 * @param isReplaced whether a text that is already there gives way
 * @param tagFor picks a tag for the i-th new text among those that are free
 * @throws UserError when the old block is damaged.
 */
export function withExifTexts(
  exif: Uint8Array | undefined,
  texts: readonly Uint8Array[],
  isReplaced: (text: Uint8Array) => boolean,
  tagFor: (index: number, isFree: (tag: number) => boolean) => number,
): Uint8Array {
  const directory = readDirectory(exif ?? EMPTY_BLOCK);
  const { block, littleEndian } = directory;
  const kept = directory.fields.filter((field) => {
    const text = textOf(directory, field);
    return text === undefined || !isReplaced(text);
  });
  const taken = new Set(kept.map(({ tag }) => tag));
  const parts: Uint8Array[] = [block.slice()];
  let end = block.length;
  const append = (part: Uint8Array) => {
    parts.push(part);
    end += part.length;
  };
  const added = texts.map((text, index) => {
    const tag = tagFor(index, (candidate) => !taken.has(candidate));
    taken.add(tag);
    // Texts of up to four bytes with their NUL live inside the field itself.
    const stored = concatBytes([text, new Uint8Array(1)]);
    const raw = new Uint8Array(FIELD_BYTES);
    const view = viewOf(raw);
    view.setUint16(0, tag, littleEndian);
    view.setUint16(2, ASCII, littleEndian);
    view.setUint32(4, stored.length, littleEndian);
    if (stored.length <= 4) raw.set(stored, 8);
    else {
      view.setUint32(8, end + (end % 2), littleEndian);
      append(new Uint8Array(end % 2));
      append(stored);
    }
    return { tag, raw };
  });
  append(new Uint8Array(end % 2));
  const start = end;
  const fields = [...kept, ...added].sort((a, b) => a.tag - b.tag);
  const count = new Uint8Array(2);
  viewOf(count).setUint16(0, fields.length, littleEndian);
  append(count);
  for (const { raw } of fields) append(raw);
  // No directory after the first: the one that may follow in the old block is a thumbnail of another picture.
  append(new Uint8Array(4));
  const result = concatBytes(parts);
  viewOf(result).setUint32(4, start, littleEndian);
  return result;
}
