import { type FileHandle, open, stat } from 'node:fs/promises';
import { UserError } from '../../core/errors.ts';
import { runtimeCounters } from '../ort/counters.ts';
import { bytesPerElement } from './dtypes.ts';
import { toFloat32 } from './float-conversion.ts';
import {
  parseSafetensorsHeader,
  type SafetensorsFile,
  safetensorsHeaderLength,
} from './safetensors-header.ts';
import { isOne } from './weight-views.ts';
import type { WeightSource } from './weights.ts';
import { byteSize, fileError } from './wording.ts';

export type { SafetensorsFile } from './safetensors-header.ts';

/** Covers the header of nearly every adapter and many models in one read. */
const firstRead = 64 * 1024;
/** Bytes converted at a time, a multiple of every element size. */
const chunkBytes = 4 * 1024 * 1024;
/** What is read at once where small tensors follow each other. */
const readAheadBytes = 1024 * 1024;
/** Electron's allocator traps on single blocks of 2 GiB. */
const maxArrayBytes = 2 ** 31 - 65_536;

/**
 * Reads the header of a safetensors file and nothing else of it.
 *
 * @param file absolute path
 * @throws UserError for a missing, unreadable, cut off or malformed file
 */
export async function readSafetensors(file: string): Promise<SafetensorsFile> {
  const { bytes, size } = await readStart(file, firstRead);
  return parseSafetensorsHeader(bytes, size, file);
}

/**
 * Reads the header of a file of many small tensors, and gives what reads those: from memory where the whole
 * file has no more than 1 MiB, which is then read and converted once and stays.
 *
 * @throws UserError as `readSafetensors`
 */
export async function openSmallTensors(
  file: string,
): Promise<{ readonly header: SafetensorsFile; readonly reading: typeof readingAhead }> {
  const { bytes, size } = await readStart(file, readAheadBytes);
  const header = parseSafetensorsHeader(bytes, size, file);
  if (bytes.length < size) return { header, reading: readingAhead };
  const read = keepingValues(readerFrom({ file, from: 0, bytes }));
  return { header, reading: (work) => work(read) };
}

/** Converts every tensor once; whoever reads it again gets the same values. */
function keepingValues(read: ReadTensor): ReadTensor {
  const known = new Map<string, Promise<Float32Array>>();
  return (source, options) => {
    if (options?.rows) return read(source, options);
    const key = `${source.offset}+${source.byteLength}`;
    const values = known.get(key) ?? read(source);
    known.set(key, values);
    return values;
  };
}

/** The first bytes of a file: as many as asked for where it has them, and its whole header in any case. */
const readStart = (
  file: string,
  length: number,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly size: number }> =>
  withFile(file, async (handle, size) => {
    const start = await readExactly(handle, file, 0, Math.min(size, length));
    const needed = 8 + safetensorsHeaderLength(start, size, file);
    if (needed <= start.length) return { bytes: start, size };
    const bytes = Buffer.allocUnsafe(needed);
    bytes.set(start);
    bytes.set(await readExactly(handle, file, start.length, needed - start.length), start.length);
    return { bytes, size };
  });

/** Reads the values of a tensor, see `readTensor`. */
export type ReadTensor = (
  source: WeightSource,
  options?: { readonly rows?: readonly number[] },
) => Promise<Float32Array>;

/**
 * The values of one tensor as float32, row-major and scaled where it has a scale; for small tensors, embedding rows and adapters
 * (large weights are mapped by the runtime, never read here).
 *
 * @param options.rows indices along the first dimension; the result holds these rows in this order
 * @throws UserError for a file that has become shorter, a row that does not exist, or a result of 2 GiB and more
 */
export const readTensor: ReadTensor = (source, options) =>
  withFile(source.file, (handle) =>
    valuesOf(source, options, (offset, length) => readExactly(handle, source.file, offset, length)),
  );

/** Reads many tensors that lie next to each other in few reads: an adapter has hundreds of small ones. */
export const readingAhead = <T>(work: (read: ReadTensor) => Promise<T>): Promise<T> => work(readerFrom());

/** A part of a file in memory. */
interface FileWindow {
  readonly file: string;
  readonly from: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** @param window what is in memory already */
function readerFrom(window?: FileWindow): ReadTensor {
  const read =
    (file: string): ReadBytes =>
    async (offset, length) => {
      if (length > readAheadBytes)
        return withFile(file, (handle) => readExactly(handle, file, offset, length));
      const at = offset - (window?.from ?? 0);
      if (window?.file !== file || at < 0 || at + length > window.bytes.length) {
        const bytes = await withFile(file, (handle, size) =>
          readExactly(handle, file, offset, Math.max(length, Math.min(readAheadBytes, size - offset))),
        );
        window = { file, from: offset, bytes };
      }
      const start = offset - window.from;
      return window.bytes.subarray(start, start + length);
    };
  return (source, options) => valuesOf(source, options, read(source.file));
}

type ReadBytes = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;

async function valuesOf(
  source: WeightSource,
  options: Parameters<ReadTensor>[1],
  read: ReadBytes,
): Promise<Float32Array> {
  const elementBytes = bytesPerElement[source.dtype];
  const [rowCount = 1] = source.shape;
  const rowBytes = rowCount === 0 ? 0 : source.byteLength / rowCount;
  const pieces = (options?.rows ?? []).map((row) => {
    if (!Number.isInteger(row) || row < 0 || row >= rowCount) {
      throw new UserError(`Row ${row} was asked of a tensor in ${source.file} that has ${rowCount} rows.`);
    }
    return { offset: source.offset + row * rowBytes, length: rowBytes };
  });
  if (options?.rows === undefined) pieces.push({ offset: source.offset, length: source.byteLength });

  const total = pieces.reduce((sum, piece) => sum + piece.length, 0) / elementBytes;
  if (total * 4 > maxArrayBytes) {
    throw new UserError(
      `A tensor in ${source.file} needs ${byteSize(total * 4)} of memory in one piece, which is too much.`,
    );
  }
  const values = new Float32Array(total);
  runtimeCounters.weightCopies++;
  let done = 0;
  for (const { offset, length } of pieces) {
    for (let from = 0; from < length; from += chunkBytes) {
      const bytes = await read(offset + from, Math.min(chunkBytes, length - from));
      toFloat32(source.dtype, bytes, values, done);
      done += bytes.length / elementBytes;
    }
  }
  if (source.scale) {
    const { scale } = source;
    const factors = await readTensor(scale, isOne(scale) ? undefined : options);
    const perFactor = values.length / factors.length;
    for (const [row, factor] of factors.entries())
      for (let i = row * perFactor; i < (row + 1) * perFactor; i++) values[i] = (values[i] ?? 0) * factor;
  }
  return values;
}

/** Opens a regular file; anything else (a pipe would block for ever) is refused. */
async function withFile<T>(file: string, use: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  try {
    const status = await stat(file);
    if (!status.isFile()) {
      throw new UserError(
        `Cannot read ${file}: it is ${status.isDirectory() ? 'a folder' : 'not a regular file'}.`,
        {
          hint: 'Give the path of a .safetensors file.',
        },
      );
    }
    const handle = await open(file, 'r');
    runtimeCounters.filesRead++;
    try {
      return await use(handle, status.size);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, file, 'read');
  }
}

async function readExactly(
  handle: FileHandle,
  file: string,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) {
      throw new UserError(`${file} ended while it was read: ${position + length} bytes were expected.`, {
        hint: 'Another program may be changing the file; wait for it and try again.',
      });
    }
    done += bytesRead;
  }
  return bytes;
}
