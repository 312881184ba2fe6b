import { join } from 'node:path';
import { type ZImageConfig, zimageTurbo } from '../../nodes/inference/checkpoints/configs.ts';
import { fromFloat32 } from '../../nodes/inference/checkpoints/float-narrowing.ts';
import { writeSafetensors } from '../../nodes/inference/checkpoints/safetensors-writer.ts';
import { zimageWeights } from '../../nodes/inference/checkpoints/zimage-names.ts';

/** Z-Image-Turbo as published, with as many blocks as asked for. */
export const fullWidth = (layers = 30, refinerLayers = 2): ZImageConfig => ({
  ...zimageTurbo,
  layers,
  refinerLayers,
});

/** A channel of the residual stream that holds far larger values than the others, see `blockFeeds`. */
export const STREAM_OUTLIER = 500;
/**
 * Feed-forward channel of every block that listens to it: its product goes far beyond half precision. These are
 * the weights from one to the other in w1 and w3.
 */
const OUTLIER_CHANNEL = 77;
const OUTLIER_WEIGHTS = { w1: 8, w3: 60 } as const;
/** Spread of what modulates a block: gates of about 0.2, as in a model that adds a little per block. */
const MODULATION = 0.2;

/** A prime number of values, so that no two rows are alike. */
const PATTERN = 2_000_003;

/** Fixed normally distributed values (Box-Muller over a linear congruential generator). */
export function normalValues(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

const pattern = (() => {
  let made: Float32Array | undefined;
  return () => {
    made ??= normalValues(PATTERN, 1);
    return made;
  };
})();

/** mean + deviation · N per tensor, as a trained model's weights are spread. */
function spreadOf(
  name: string,
  shape: readonly number[],
): { readonly mean: number; readonly deviation: number } {
  if (name.endsWith('pad_token')) return { mean: 0, deviation: 0.5 };
  if (name.endsWith('.bias')) return { mean: 0, deviation: name.includes('adaLN') ? MODULATION / 2 : 0.1 };
  if (shape.length === 1) return { mean: 1, deviation: 0.25 };
  const [, inner = 1] = shape;
  return { mean: 0, deviation: (name.includes('adaLN') ? MODULATION : 1) / Math.sqrt(inner) };
}

/**
 * Writes a transformer with the names, shapes and dtype (bf16) of Z-Image-Turbo and random weights in
 * pieces of a few MB, so that any number of blocks can be made on any machine.
 * @returns path of the file
 */
export async function writeSyntheticTransformer(folder: string, config: ZImageConfig): Promise<string> {
  const file = join(folder, `synthetic-${config.layers}.safetensors`);
  const made = new Map<string, Uint8Array>();
  /** The pattern at one spread, as bf16. */
  const atSpread = (mean: number, deviation: number): Uint8Array => {
    const key = `${mean} ${deviation}`;
    const known =
      made.get(key) ??
      fromFloat32(
        'BF16',
        pattern().map((value) => mean + deviation * value),
      );
    made.set(key, known);
    return known;
  };
  let position = 0;
  const tensors = [...zimageWeights(config).required].map(([name, shape]) => ({
    name,
    dtype: 'BF16' as const,
    shape,
    *data(): Iterable<Uint8Array> {
      const { mean, deviation } = spreadOf(name, shape);
      const [rows = 0, columns = 1] = shape;
      const projection = /\.feed_forward\.(w[13])\.weight$/.exec(name)?.[1];
      function* values(count: number): Iterable<Uint8Array> {
        const source = atSpread(mean, deviation);
        for (let left = count * 2; left > 0; ) {
          const piece = source.subarray(position, position + left);
          position = (position + piece.length) % source.length;
          left -= piece.length;
          yield piece;
        }
      }
      if (projection === undefined) yield* values(rows * columns);
      else {
        const before = OUTLIER_CHANNEL * columns + STREAM_OUTLIER;
        yield* values(before);
        yield fromFloat32('BF16', Float32Array.of(OUTLIER_WEIGHTS[projection === 'w1' ? 'w1' : 'w3']));
        yield* values(rows * columns - before - 1);
      }
    },
  }));
  await writeSafetensors(file, tensors);
  return file;
}
