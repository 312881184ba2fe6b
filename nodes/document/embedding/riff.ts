import { UserError } from '../../core/errors.ts';
import { concatBytes, decodeLatin1, viewOf } from './bytes.ts';

/** One chunk of a WebP file: a four-character name and its data, a view into the file. */
export interface RiffChunk {
  readonly name: string;
  readonly data: Uint8Array;
}

const damaged = (what: string) =>
  new UserError(`The WebP file is damaged: ${what}.`, { hint: 'Copy or download it again.' });

export const isWebp = (bytes: Uint8Array): boolean =>
  bytes.length >= 12 &&
  decodeLatin1(bytes.subarray(0, 4)) === 'RIFF' &&
  decodeLatin1(bytes.subarray(8, 12)) === 'WEBP';

/**
 * Splits a WebP file (RIFF container, WebP specification) into chunks without copying.
 * Bytes after the size the container states are ignored.
 * @throws UserError for anything that is not a complete chunk list.
 */
export function readRiffChunks(bytes: Uint8Array): RiffChunk[] {
  if (!isWebp(bytes)) throw damaged('it does not start as a WebP file does');
  const view = viewOf(bytes);
  const end = view.getUint32(4, true) + 8;
  if (end > bytes.length) throw damaged(`it ends at byte ${bytes.length} of ${end}`);
  const chunks: RiffChunk[] = [];
  let at = 12;
  while (at + 8 <= end) {
    const name = decodeLatin1(bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    if (length > end - at - 8) throw damaged(`a chunk at byte ${at} is longer than the rest of the file`);
    chunks.push({ name, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

/** The WebP file these chunks make up. */
export function writeRiffChunks(chunks: readonly RiffChunk[]): Uint8Array {
  const body = chunks.flatMap(({ name, data }) => {
    const head = new Uint8Array(8);
    for (let i = 0; i < 4; i++) head[i] = name.charCodeAt(i);
    viewOf(head).setUint32(4, data.length, true);
    return [head, data, new Uint8Array(data.length % 2)];
  });
  const file = concatBytes([new TextEncoder().encode('RIFF\0\0\0\0WEBP'), ...body]);
  viewOf(file).setUint32(4, file.length - 8, true);
  return file;
}

const FLAGS: Readonly<Record<string, number>> = {
  ICCP: 0x20,
  ALPH: 0x10,
  EXIF: 0x08,
  'XMP ': 0x04,
  ANIM: 0x02,
};

/** Size and transparency of a picture in the simple layout (a lone VP8 or VP8L chunk). */
function simpleLayout(chunk: RiffChunk): { width: number; height: number; alpha: boolean } {
  const { data } = chunk;
  if (chunk.name === 'VP8L' && data.length >= 5 && data[0] === 0x2f) {
    const bits = viewOf(data).getUint32(1, true);
    return {
      width: (bits & 0x3fff) + 1,
      height: ((bits >>> 14) & 0x3fff) + 1,
      alpha: (bits & 0x10000000) !== 0,
    };
  }
  if (
    chunk.name === 'VP8 ' &&
    data.length >= 10 &&
    data[3] === 0x9d &&
    data[4] === 0x01 &&
    data[5] === 0x2a
  ) {
    const view = viewOf(data);
    return {
      width: view.getUint16(6, true) & 0x3fff,
      height: view.getUint16(8, true) & 0x3fff,
      alpha: false,
    };
  }
  throw damaged('its picture data has no size');
}

/**
 * Width and height in pixels.
 * @throws UserError when the picture data cannot be understood.
 */
export function webpSize(chunks: readonly RiffChunk[]): { width: number; height: number } {
  const canvas = chunks.find(({ name }) => name === 'VP8X')?.data;
  if (canvas && canvas.length >= 10) {
    const view = viewOf(canvas);
    // 24 bits each, of which the format allows 14.
    return { width: view.getUint16(4, true) + 1, height: view.getUint16(7, true) + 1 };
  }
  const picture = chunks.find(({ name }) => name === 'VP8 ' || name === 'VP8L');
  if (!picture) throw damaged('it holds no picture');
  const { width, height } = simpleLayout(picture);
  return { width, height };
}

/**
 * The chunks with the EXIF chunk replaced, in the extended layout (a VP8X chunk first, whose flags
 * say what the file holds), which metadata needs. EXIF comes after the picture and before XMP.
 * @throws UserError when the picture data cannot be understood.
 */
export function withExif(chunks: readonly RiffChunk[], exif: Uint8Array): RiffChunk[] {
  const rest = chunks.filter(({ name }) => name !== 'VP8X' && name !== 'EXIF');
  const old = chunks.find(({ name }) => name === 'VP8X')?.data;
  const header = new Uint8Array(10);
  if (old) {
    if (old.length < 10) throw damaged('its header chunk is too short');
    header.set(old.subarray(0, 10));
  } else {
    const picture = rest.find(({ name }) => name === 'VP8 ' || name === 'VP8L');
    if (!picture) throw damaged('it holds no picture');
    const { width, height, alpha } = simpleLayout(picture);
    const view = viewOf(header);
    if (alpha) header[0] = FLAGS.ALPH ?? 0;
    view.setUint16(4, (width - 1) & 0xffff, true);
    view.setUint16(7, (height - 1) & 0xffff, true);
  }
  for (const { name } of rest) header[0] = (header[0] ?? 0) | (FLAGS[name] ?? 0);
  header[0] = (header[0] ?? 0) | (FLAGS.EXIF ?? 0);
  const xmp = rest.filter(({ name }) => name === 'XMP ');
  const picture = rest.filter(({ name }) => name !== 'XMP ');
  return [{ name: 'VP8X', data: header }, ...picture, { name: 'EXIF', data: exif }, ...xmp];
}
