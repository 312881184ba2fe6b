import { join } from 'node:path';
import type { Weights } from '../../nodes/inference/checkpoints/weights.ts';
import { type PlainTensor, writeCopy } from './checkpoint-copies.ts';
import { tempFolder } from './temp-folder.ts';

export type Content = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values?: number[] }>
>;

/** A small repeatable value for every element. */
const filler = (index: number): number => ((index * 37) % 19) / 20 - 0.44;

/** Writes a float32 safetensors file into a folder that goes away with the test. */
export async function adapterFile(content: Content, name = 'adapter.safetensors'): Promise<string> {
  const file = join(await tempFolder(), name);
  const tensors = Object.entries(content).map(([key, { shape, values }]): PlainTensor => {
    const count = shape.reduce((product, size) => product * size, 1);
    return {
      name: key,
      shape,
      values:
        values === undefined
          ? Float32Array.from({ length: count }, (_, i) => filler(i))
          : new Float32Array(values),
    };
  });
  await writeCopy(file, tensors);
  return file;
}

/** Weights of given shapes that no file holds, for reading adapters against. */
export const weightsOf = (shapes: Readonly<Record<string, readonly number[]>>): Weights =>
  new Map(
    Object.entries(shapes).map(([module, shape]) => [
      `${module}.weight`,
      { dtype: 'F32', shape, file: '/nowhere.safetensors', offset: 0, byteLength: 0 },
    ]),
  );
