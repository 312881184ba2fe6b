import { open } from 'node:fs/promises';
import { UserError } from '../../core/errors.ts';
import { fromFloat32 } from '../checkpoints/float-narrowing.ts';
import { type OpenedPart, settingsKey } from '../checkpoints/model-folder.ts';
import { readSafetensors } from '../checkpoints/safetensors.ts';
import { type TensorToWrite, writeSafetensors } from '../checkpoints/safetensors-writer.ts';
import { scaledWeightOf, withScales } from '../checkpoints/scaled-fp8.ts';
import type { WeightSource } from '../checkpoints/weights.ts';
import { fileError } from '../checkpoints/wording.ts';
import { zimageConfigJson } from '../checkpoints/zimage.ts';
import type { Adapter } from './adapter.ts';
import { type AdapterStrength, blockOf, strengthIn } from './blocks.ts';
import { loadModule, readMatrix } from './matrix.ts';
import { mergeAll } from './merge.ts';

export interface AdapterInUse extends AdapterStrength {
  readonly adapter: Adapter;
}

export interface BakeRequest {
  readonly model: OpenedPart<'transformer'>;
  readonly adapters: readonly AdapterInUse[];
  /** Absolute path of the file to write; another one of that name is replaced at the end. */
  readonly to: string;
  /** How the file was made, kept in its metadata under `kronode.recipe`. */
  readonly recipe: string;
  readonly signal?: AbortSignal;
  /** Bytes written so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Merges adapters into a model, once, in float32: W' = W + Σ s · ΔW (DoRA in ComfyUI's convention).
 * Writes one file with the tensor names, order and dtypes of the original and its settings inside,
 * everything that no adapter changes byte by byte; 8-bit weights that do change become bf16, so that
 * small changes survive. The file appears whole or not at all.
 *
 * @throws UserError where reading or writing fails; the signal's reason when it aborts
 */
export async function bake(request: BakeRequest): Promise<void> {
  const { model, to, recipe } = request;
  if (model.files.includes(to)) {
    throw new UserError(`${to} is the model itself; baking would overwrite it.`, {
      hint: 'Choose another name for the new file.',
    });
  }
  const metadata = new Map<string, string>();
  const raw: (readonly [string, WeightSource])[] = [];
  for (const file of model.files) {
    const header = await readSafetensors(file);
    for (const [key, text] of header.metadata) metadata.set(key, text);
    raw.push(...header.tensors);
  }
  metadata.set('kronode.recipe', recipe);
  const settings = { config: zimageConfigJson(model.config), shift: model.scheduler?.shift };
  metadata.set(settingsKey, JSON.stringify(settings));

  const changed = changedWeights(request);
  const changedIn = (source: WeightSource) =>
    changed.filter(
      ({ source: part }) =>
        part.file === source.file &&
        part.offset >= source.offset &&
        part.offset + part.byteLength <= source.offset + source.byteLength,
    );
  const scaled = withScales(new Map(raw));
  // A weight that changes is written with its scale multiplied in.
  const written = raw.flatMap(([name, source]): (readonly [string, WeightSource])[] => {
    const owner = scaled.get(scaledWeightOf(name) ?? '');
    if (owner?.scale && changedIn(owner).length > 0) return [];
    return [[name, scaled.get(name) ?? source]];
  });
  let done = 0;
  const tensors = written.map(([name, source]): TensorToWrite => {
    const inside = changedIn(source);
    const dtype = inside.length > 0 && source.dtype.startsWith('F8') ? 'BF16' : source.dtype;
    return { name, dtype, shape: source.shape, data: () => counted(merged(source, dtype, inside)) };
  });
  const total = written.reduce((sum, [, { byteLength, dtype }], i) => {
    return sum + byteLength * (tensors[i]?.dtype === dtype ? 1 : 2);
  }, 0);
  async function* counted(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of pieces) {
      request.signal?.throwIfAborted();
      yield piece;
      done += piece.byteLength;
      request.onProgress?.(done, total);
    }
  }
  await writeSafetensors(to, tensors, metadata);
}

/** A weight, or the rows of one, that adapters change. */
interface ChangedWeight {
  readonly module: string;
  readonly source: WeightSource;
  readonly adapters: readonly AdapterInUse[];
}

function changedWeights({ model, adapters }: BakeRequest): ChangedWeight[] {
  return [...model.weights]
    .map(([name, source]) => {
      const module = name.replace(/\.weight$/, '');
      const acting = adapters.filter(
        (use) => use.adapter.modules.has(module) && strengthIn(blockOf(module), use) !== 0,
      );
      return { module, source, adapters: name === module ? [] : acting };
    })
    .filter((weight) => weight.adapters.length > 0)
    .sort((a, b) => a.source.offset - b.source.offset);
}

/** The bytes of a tensor with its changed parts merged; the rest is copied. */
async function* merged(
  source: WeightSource,
  dtype: WeightSource['dtype'],
  changed: readonly ChangedWeight[],
): AsyncIterable<Uint8Array> {
  let at = source.offset;
  for (const weight of changed) {
    yield* copied(source, dtype, at, weight.source.offset);
    yield fromFloat32(dtype, await mergedValues(weight));
    at = weight.source.offset + weight.source.byteLength;
  }
  yield* copied(source, dtype, at, source.offset + source.byteLength);
}

async function mergedValues({ module, source, adapters }: ChangedWeight): Promise<Float32Array> {
  const [rows = 0, columns = 0] = source.shape;
  const base = await readMatrix({ key: module, rows, columns, source });
  const changes = [];
  for (const use of adapters) {
    const stored = use.adapter.modules.get(module);
    if (stored === undefined) continue;
    changes.push({ module: await loadModule(stored), strength: strengthIn(blockOf(module), use) });
  }
  return mergeAll(base, changes).values;
}

const chunkBytes = 8 * 1024 * 1024;

async function* copied(
  source: WeightSource,
  dtype: WeightSource['dtype'],
  from: number,
  to: number,
): AsyncIterable<Uint8Array> {
  if (from === to) return;
  if (dtype !== source.dtype) {
    const rest = { ...source, shape: [to - from], offset: from, byteLength: to - from };
    const { values } = await readMatrix({ key: '', rows: 1, columns: to - from, source: rest });
    yield fromFloat32(dtype, values);
    return;
  }
  try {
    const handle = await open(source.file, 'r');
    try {
      for (let at = from; at < to; ) {
        const piece = Buffer.allocUnsafeSlow(Math.min(chunkBytes, to - at));
        const { bytesRead } = await handle.read(piece, 0, piece.length, at);
        if (bytesRead === 0) throw new UserError(`${source.file} ended while it was read.`);
        yield piece.subarray(0, bytesRead);
        at += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, source.file, 'read');
  }
}
