import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { bytesPerElement, elementCount } from './dtypes.ts';
import type { WeightDtype } from './weights.ts';
import { fileError, quoted } from './wording.ts';

/** One tensor of a file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: WeightDtype;
  readonly shape: readonly number[];
}

/** One tensor to be written. */
export interface TensorToWrite extends TensorEntry {
  /** Its little-endian bytes in pieces of any size; asked for once, when its turn comes. */
  readonly data: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Writes a safetensors file that appears whole or not at all: it grows under another name in the
 * same folder and takes its own name at the end. Tensors are streamed, widest elements first, so
 * that each one begins at a multiple of its element size.
 *
 * @throws UserError where the disk refuses (full, read-only); the file of that name, if any, is then as it was
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const ordered = tensors.toSorted((a, b) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype]);
  const header = headerOf(ordered, metadata);
  const growing = join(dirname(path), `.${basename(path).slice(0, 64)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(growing, 'wx');
    try {
      await writeAll(handle, header);
      for (const tensor of ordered) await writeTensor(handle, tensor);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(growing, path);
  } catch (error) {
    await rm(growing, { force: true });
    throw fileError(error, path, 'write');
  }
}

export const byteLengthOf = ({ name, dtype, shape }: TensorEntry): number => {
  const elements = elementCount(shape);
  if (elements === undefined || shape.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new RangeError(`Tensor ${quoted(name)} has the impossible shape [${shape.join(', ')}].`);
  }
  return elements * bytesPerElement[dtype];
};

/** Everything before the data of a file that holds these tensors one after the other. */
export function headerOf(
  tensors: readonly TensorEntry[],
  metadata: ReadonlyMap<string, string>,
): Uint8Array<ArrayBuffer> {
  const names = new Set<string>();
  const members: string[] = [];
  // Joined by hand: an object would reorder names that look like numbers and lose "__proto__".
  const member = (name: string, value: unknown) =>
    members.push(`${JSON.stringify(name)}:${typeof value === 'string' ? value : JSON.stringify(value)}`);
  if (metadata.size > 0) {
    const texts = [...metadata].map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
    member('__metadata__', `{${texts.join(',')}}`);
  }
  let begin = 0;
  for (const tensor of tensors) {
    const { name, dtype, shape } = tensor;
    if (names.has(name) || name === '__metadata__') {
      throw new RangeError(
        `${quoted(name)} cannot be the name of ${names.has(name) ? 'two tensors' : 'a tensor'}.`,
      );
    }
    names.add(name);
    const end = begin + byteLengthOf(tensor);
    member(name, { dtype, shape, data_offsets: [begin, end] });
    begin = end;
  }
  const json = Buffer.from(`{${members.join(',')}}`);
  // Spaces up to a multiple of 8 keep the data aligned, as the format's own writer does.
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0);
  json.copy(padded, 8);
  return padded;
}

async function writeTensor(handle: FileHandle, tensor: TensorToWrite): Promise<void> {
  const expected = byteLengthOf(tensor);
  let written = 0;
  for await (const piece of tensor.data()) {
    written += piece.byteLength;
    await writeAll(handle, piece);
  }
  if (written !== expected) {
    throw new RangeError(`Tensor ${quoted(tensor.name)} was given ${written} bytes in place of ${expected}.`);
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done);
    done += bytesWritten;
  }
}
