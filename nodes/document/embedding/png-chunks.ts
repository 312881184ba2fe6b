import { UserError } from '../../core/errors.ts';
import { concatBytes, decodeLatin1, viewOf } from './bytes.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** One chunk of a PNG file (PNG specification, 5.3): a four-letter type and its data, a view into the file. */
export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
  readonly crc: number;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 of PNG over a chunk's type and data. */
function chunkCrc(type: string, data: Uint8Array): number {
  let crc = 0xffffffff;
  const step = (byte: number) => {
    crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  };
  for (let i = 0; i < 4; i++) step(type.charCodeAt(i));
  for (const byte of data) step(byte);
  return (crc ^ 0xffffffff) >>> 0;
}

export const isPng = (bytes: Uint8Array): boolean =>
  bytes.length >= 8 && SIGNATURE.every((byte, i) => bytes[i] === byte);

const damaged = (what: string) =>
  new UserError(`The PNG file is damaged: ${what}.`, { hint: 'Copy or download it again.' });

/**
 * Splits a PNG file into chunks, IHDR to IEND, without copying. Checksums are left to those who
 * use a chunk's data; whatever follows IEND is ignored.
 * @throws UserError for anything that is not a complete chunk list.
 */
export function readPngChunks(bytes: Uint8Array): PngChunk[] {
  if (!isPng(bytes)) throw damaged('it does not start as a PNG file does');
  const view = viewOf(bytes);
  const chunks: PngChunk[] = [];
  let at = SIGNATURE.length;
  for (;;) {
    if (at + 12 > bytes.length) throw damaged(`it ends at byte ${bytes.length} without its last chunk`);
    const length = view.getUint32(at);
    const type = decodeLatin1(bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw damaged(`there is no chunk at byte ${at}`);
    if (length > bytes.length - at - 12)
      throw damaged(`chunk ${type} at byte ${at} is longer than the rest of the file`);
    if (chunks.length === 0 && (type !== 'IHDR' || length !== 13))
      throw damaged('its header chunk is missing');
    chunks.push({
      type,
      data: bytes.subarray(at + 8, at + 8 + length),
      crc: view.getUint32(at + 8 + length),
    });
    at += 12 + length;
    if (type === 'IEND') return chunks;
  }
}

/** @throws UserError when a chunk's checksum disagrees with its data. */
export function verifyChunk(chunk: PngChunk): void {
  if (chunkCrc(chunk.type, chunk.data) !== chunk.crc)
    throw damaged(`the checksum of a ${chunk.type} chunk does not match`);
}

/** A new chunk with its checksum. */
export const pngChunk = (type: string, data: Uint8Array): PngChunk => ({
  type,
  data,
  crc: chunkCrc(type, data),
});

/** The file these chunks make up. */
export function writePngChunks(chunks: readonly PngChunk[]): Uint8Array {
  const parts = chunks.flatMap(({ type, data, crc }) => {
    const head = new Uint8Array(8);
    viewOf(head).setUint32(0, data.length);
    for (let i = 0; i < 4; i++) head[4 + i] = type.charCodeAt(i);
    const tail = new Uint8Array(4);
    viewOf(tail).setUint32(0, crc);
    return [head, data, tail];
  });
  return concatBytes([SIGNATURE, ...parts]);
}
