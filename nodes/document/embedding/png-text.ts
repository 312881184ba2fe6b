import { messageOf, UserError } from '../../core/errors.ts';
import { concatBytes, decodeLatin1, decodeText } from './bytes.ts';
import { type PngChunk, pngChunk, readPngChunks, verifyChunk, writePngChunks } from './png-chunks.ts';
import { encodeEntries, type Inflate, TextCollector } from './text-limits.ts';

const TEXT_TYPES: ReadonlySet<string> = new Set(['tEXt', 'zTXt', 'iTXt']);

const damagedText = (type: string, why: string, cause?: unknown) =>
  new UserError(`A ${type} chunk of the PNG file is damaged: ${why}.`, cause === undefined ? {} : { cause });

/** Splits at the next NUL byte. */
function untilNul(chunk: PngChunk, from: number): { bytes: Uint8Array; next: number } {
  const end = chunk.data.indexOf(0, from);
  if (end < 0) throw damagedText(chunk.type, 'a separator is missing');
  return { bytes: chunk.data.subarray(from, end), next: end + 1 };
}

function keyOf(chunk: PngChunk): { key: string; next: number } {
  const { bytes, next } = untilNul(chunk, 0);
  if (bytes.length === 0 || bytes.length > 79)
    throw damagedText(chunk.type, 'its keyword is not 1 to 79 characters');
  return { key: decodeLatin1(bytes), next };
}

/** Where the text starts, whether it is packed, and how it is encoded (PNG specification, 11.3.3). */
function layoutOf(chunk: PngChunk): { key: string; start: number; packed: boolean } {
  const { key, next } = keyOf(chunk);
  if (chunk.type === 'tEXt') return { key, start: next, packed: false };
  if (chunk.type === 'zTXt') {
    if (chunk.data[next] !== 0) throw damagedText(chunk.type, 'its compression method is unknown');
    return { key, start: next + 1, packed: true };
  }
  const packed = chunk.data[next] === 1;
  if (packed && chunk.data[next + 1] !== 0)
    throw damagedText(chunk.type, 'its compression method is unknown');
  const language = untilNul(chunk, next + 2);
  return { key, start: untilNul(chunk, language.next).next, packed };
}

async function unpack(type: string, packed: Uint8Array, inflate: Inflate, room: number): Promise<Uint8Array> {
  try {
    return await inflate(packed, room);
  } catch (error) {
    throw damagedText(type, `its text cannot be unpacked within ${room} bytes (${messageOf(error)})`, error);
  }
}

/**
 * Texts of a PNG file: tEXt, iTXt and zTXt chunks. tEXt is Latin-1 by the specification, but read
 * as UTF-8 where it is valid, as most tools write it.
 * @throws UserError for a damaged file or too much text.
 */
export async function readPngText(bytes: Uint8Array, inflate: Inflate): Promise<Map<string, string>> {
  const collector = new TextCollector();
  for (const chunk of readPngChunks(bytes)) {
    if (!TEXT_TYPES.has(chunk.type)) continue;
    collector.reserve(chunk.data.length);
    verifyChunk(chunk);
    const { key, start, packed } = layoutOf(chunk);
    const stored = chunk.data.subarray(start);
    const text = packed ? await unpack(chunk.type, stored, inflate, collector.room) : stored;
    if (packed) collector.reserve(text.length);
    collector.add(key, decodeText(text));
  }
  return collector.texts;
}

const isTextUnder = (chunk: PngChunk, keys: ReadonlySet<string>): boolean => {
  if (!TEXT_TYPES.has(chunk.type)) return false;
  const end = chunk.data.indexOf(0);
  return end > 0 && keys.has(decodeLatin1(chunk.data.subarray(0, end)));
};

/**
 * The PNG file with `entries` as uncompressed iTXt chunks (UTF-8) before the pixels, so that readers
 * find them without the rest; existing texts under the same keys are replaced.
 * @throws UserError for a damaged file, a key PNG cannot hold, or too much text.
 */
export function embedPngText(bytes: Uint8Array, entries: Readonly<Record<string, string>>): Uint8Array {
  const encoded = encodeEntries(entries);
  const keys = new Set(encoded.map(([key]) => key));
  const added = encoded.map(([key, text]) =>
    // keyword, NUL, not compressed, method 0, no language, no translated keyword
    pngChunk('iTXt', concatBytes([new TextEncoder().encode(key), new Uint8Array(5), text])),
  );
  const [header, ...rest] = readPngChunks(bytes).filter((chunk) => !isTextUnder(chunk, keys));
  return writePngChunks([...(header ? [header] : []), ...added, ...rest]);
}
