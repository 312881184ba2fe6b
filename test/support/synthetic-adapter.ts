import { join } from 'node:path';
import { fromFloat32 } from '../../nodes/inference/checkpoints/float-narrowing.ts';
import { writeSafetensors } from '../../nodes/inference/checkpoints/safetensors-writer.ts';
import type { Weights } from '../../nodes/inference/checkpoints/weights.ts';
import { normalValues } from './synthetic-model.ts';

/**
 * Writes a LoKr in bf16 with both factors in full, w1 [factor, factor], for every linear layer of a model
 * whose sides the factor divides.
 * @returns path of the file
 */
export async function writeFullRankLokr(folder: string, weights: Weights, factor: number): Promise<string> {
  const file = join(folder, `lokr-${factor}.safetensors`);
  const tensors = [...weights].flatMap(([name, { shape }]) => {
    const [rows = 0, columns = 0] = shape;
    const module = /^(.*\.)?(to_[qkv]|to_out\.0|w[123]|adaLN_modulation\.0)\.weight$/.test(name)
      ? name.slice(0, -'.weight'.length)
      : undefined;
    if (module === undefined || shape.length !== 2 || rows % factor !== 0 || columns % factor !== 0)
      return [];
    const matrix = (part: string, size: readonly [number, number], seed: number) => ({
      name: `diffusion_model.${module}.lokr_${part}`,
      dtype: 'BF16' as const,
      shape: size,
      *data() {
        yield fromFloat32(
          'BF16',
          normalValues(size[0] * size[1], seed).map((value) => value * 0.02),
        );
      },
    });
    return [matrix('w1', [factor, factor], 1), matrix('w2', [rows / factor, columns / factor], 2)];
  });
  await writeSafetensors(file, tensors);
  return file;
}
