import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { fromFloat32 } from '../checkpoints/float-narrowing.ts';
import { readTensor } from '../checkpoints/safetensors.ts';
import { rowsOf } from '../checkpoints/weight-views.ts';
import type { Conversion, ConversionTarget, ConversionUnit } from './conversion.ts';
import { type BlockFormat, blockShapes, quantiseRows } from './quantise.ts';

export interface ConversionRun {
  readonly signal?: AbortSignal;
  /** Weights written so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Weights converted at a time: tens of milliseconds, so that a cancel is answered. */
const CHUNK_ELEMENTS = 2 ** 22;
/** Bytes after which what was written is made to last, to be found again after a crash. */
const CHECKPOINT_BYTES = 2 ** 25;

const DATA = 'weights.safetensors';
const PROGRESS = 'progress';

/**
 * Writes the converted weights into a folder of their own, from where an earlier try stopped. Holds one
 * chunk of weights in memory.
 * @returns path of the finished file in that folder
 * @throws UserError where reading or writing fails; the signal's reason when it aborts
 */
export async function convertInto(
  folder: string,
  { header, units, fileBytes, target }: Conversion,
  { signal, onProgress }: ConversionRun,
): Promise<string> {
  const path = join(folder, DATA);
  const before = await stateOf(units);
  let done = await unitsDone(folder, before, units.length);
  const handle = await open(path, done > 0 ? 'r+' : 'w');
  const keep = async () => {
    await handle.datasync();
    await saveProgress(folder, before, done);
  };
  try {
    if (done === 0) {
      await writeAt(handle, header, 0);
      await handle.truncate(fileBytes);
    }
    let unsaved = 0;
    onProgress?.(done, units.length);
    for (const unit of units.slice(done)) {
      if (signal?.aborted) {
        await keep();
        throw signal.reason;
      }
      await convertUnit(handle, unit, target);
      done++;
      unsaved += unit.parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (unsaved >= CHECKPOINT_BYTES) {
        await keep();
        unsaved = 0;
      }
      onProgress?.(done, units.length);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if ((await stateOf(units)) !== before)
    throw new UserError('The model changed while its weights were converted.', {
      hint: 'Wait until it is complete, then run again.',
    });
  return path;
}

async function convertUnit(
  handle: FileHandle,
  unit: ConversionUnit,
  target: ConversionTarget,
): Promise<void> {
  const { source, parts } = unit;
  const [first] = parts;
  if (!first) return;
  const [rows = 1] = source.shape;
  const columns = rows === 0 ? 0 : source.shape.slice(1).reduce((all, size) => all * size, 1);
  const step = Math.max(1, Math.floor(CHUNK_ELEMENTS / Math.max(columns, 1)));
  for (let from = 0; from < rows; from += step) {
    const count = Math.min(step, rows - from);
    const values = await readTensor(rowsOf(source, from, count));
    if (target.kind === 'half')
      await writeAt(handle, halfOf(values, unit), first.offset + from * columns * 2);
    else await writeBlocks(handle, unit, target.format, values, from, count, columns);
  }
}

async function writeBlocks(
  handle: FileHandle,
  { parts }: ConversionUnit,
  format: BlockFormat,
  values: Float32Array,
  from: number,
  count: number,
  columns: number,
): Promise<void> {
  const shapes = blockShapes(count, columns, format);
  const size = (shape: readonly number[]) => shape.reduce((all, part) => all * part, 1);
  const quantised = {
    scales: new Float32Array(size(shapes.scales)),
    codes: new Uint8Array(size(shapes.codes)),
    zeroPoints: new Uint8Array(size(shapes.zeroPoints)),
  };
  quantiseRows(values, columns, format, quantised);
  const [scales, codes, zeroPoints] = parts;
  if (!scales || !codes || !zeroPoints) throw new Error('A quantised weight lacks a part.');
  const pieces = [
    [scales, fromFloat32(scales.dtype, quantised.scales)],
    [codes, quantised.codes],
    [zeroPoints, quantised.zeroPoints],
  ] as const;
  for (const [{ offset }, bytes] of pieces)
    await writeAt(handle, bytes, offset + (from * bytes.byteLength) / count);
}

const HALF_INFINITY = 0x7c00;

function halfOf(values: Float32Array, { name, source }: ConversionUnit): Uint8Array {
  const bytes = fromFloat32('F16', values);
  const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, values.length);
  if (codes.some((code) => (code & HALF_INFINITY) === HALF_INFINITY))
    throw new UserError(`The weight “${name}” of ${source.file} does not fit into half precision (f16).`, {
      hint: 'Choose another precision on the Load model node.',
    });
  return bytes;
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

/** Sizes and times of change of the files that are read. */
async function stateOf(units: readonly ConversionUnit[]): Promise<string> {
  const files = [...new Set(units.map(({ source }) => source.file))];
  const states: string[] = [];
  for (const file of files) {
    const { size, mtimeMs } = await stat(file);
    states.push(`${file} ${size} ${mtimeMs}`);
  }
  return states.join('\n');
}

/** The record of an earlier try, where it was about the same files. */
async function unitsDone(folder: string, state: string, most: number): Promise<number> {
  try {
    const handle = await open(join(folder, PROGRESS), 'r');
    try {
      const [count = '', ...files] = (await handle.readFile('utf8')).split('\n');
      const done = Number(count);
      return files.join('\n') === state && Number.isInteger(done) && done > 0 && done <= most ? done : 0;
    } finally {
      await handle.close();
    }
  } catch {
    // None, or not readable: from the start.
    return 0;
  }
}

async function saveProgress(folder: string, state: string, done: number): Promise<void> {
  const growing = join(folder, `${PROGRESS}.new`);
  const handle = await open(growing, 'w');
  try {
    await handle.writeFile(`${done}\n${state}`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(growing, join(folder, PROGRESS));
}
