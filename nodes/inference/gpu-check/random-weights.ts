import { open } from 'node:fs/promises';
import { elementCount } from '../../core/tensor.ts';
import type { StoredMatrix } from '../adapters/adapter.ts';
import { blockOf } from '../adapters/blocks.ts';
import type { LiveAdapter, LiveModule } from '../adapters/live-adapter.ts';
import type { ZImageConfig } from '../checkpoints/configs.ts';
import { bytesPerElement } from '../checkpoints/dtypes.ts';
import { fromFloat32 } from '../checkpoints/float-narrowing.ts';
import type { WeightSource, Weights } from '../checkpoints/weights.ts';
import { zimageWeights } from '../checkpoints/zimage-names.ts';

/** Linear layers an adapter usually changes. */
const ADAPTED = /\.(attention\.(to_[qkv]|to_out\.0)|feed_forward\.w[123])\.weight$/;
const LOKR_FACTOR = 8;
/** As a matrix of this many columns keeps the size of what goes through it. */
const SPREAD = 1 / 64;

/**
 * Random weights of a transformer of any size in one small file: all tensors begin at its first byte. A
 * device holds each of them for itself, so that time and memory are those of a real model.
 */
export async function writeRandomWeights(
  file: string,
  config: ZImageConfig,
  dtype: 'F32' | 'F16' | 'BF16',
): Promise<{ readonly weights: Weights; readonly adapter: LiveAdapter }> {
  const { required } = zimageWeights(config);
  const most = Math.max(...[...required.values()].map(elementCount));
  const values = Float32Array.from(
    { length: most },
    (_, i) => SPREAD * 1.7 * Math.sin(i * i * 0.37 + i * 0.11),
  );
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(fromFloat32(dtype, values));
  } finally {
    await handle.close();
  }
  const source = (shape: readonly number[]): WeightSource => ({
    dtype,
    shape,
    file,
    offset: 0,
    byteLength: elementCount(shape) * bytesPerElement[dtype],
  });
  const weights = new Map([...required].map(([name, shape]) => [name, source(shape)] as const));
  const matrix = (key: string, rows: number, columns: number): StoredMatrix => ({
    key,
    rows,
    columns,
    source: source([rows, columns]),
  });
  const modules = new Map<string, LiveModule>();
  for (const [name, [rows = 0, columns = 0]] of required) {
    if (!ADAPTED.test(name)) continue;
    const module = name.replace(/\.weight$/, '');
    const link = (key: string, height: number, width: number) =>
      [{ matrix: matrix(`${module}.${key}`, height, width), transposed: false }] as const;
    modules.set(module, {
      module: {
        family: 'lokr',
        scale: 1,
        alpha: undefined,
        rank: undefined,
        dora: undefined,
        rows: undefined,
        keys: [module],
        w1: link('lokr_w1', LOKR_FACTOR, LOKR_FACTOR),
        w2: link('lokr_w2', rows / LOKR_FACTOR, columns / LOKR_FACTOR),
      },
      gains: undefined,
    });
  }
  const adapter = { file, modules: new Map(), unmatchedKeys: [], misfits: [], notices: [] };
  const blocks = [...new Set([...modules.keys()].map(blockOf))];
  return { weights, adapter: { adapter, modules, blocks } };
}
