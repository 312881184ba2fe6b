import { readFileSync } from 'node:fs';
import type { Tensor } from '../../nodes/core/tensor.ts';
import { readSafetensors, readTensor } from '../../nodes/inference/checkpoints/safetensors.ts';
import { goldenPath } from './fixture-paths.ts';

/** All tensors of a reference file as float32. */
export async function loadTensors(path: string): Promise<Map<string, Tensor>> {
  const { tensors } = await readSafetensors(path);
  const loaded = new Map<string, Tensor>();
  for (const [name, source] of tensors)
    loaded.set(name, { dims: source.shape, data: await readTensor(source) });
  return loaded;
}

/** All tensors of a file below test/fixtures/golden. */
export const loadGolden = (path: string): Promise<Map<string, Tensor>> => loadTensors(goldenPath(path));

/** A tensor that has to be there. */
export function pick(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = tensors.get(name);
  if (!found)
    throw new Error(`The reference has no tensor ${name}; it has ${[...tensors.keys()].join(', ')}.`);
  return found;
}

/** A JSON file below test/fixtures/golden, as the caller knows it to be. */
export const goldenJson = <T>(path: string): T => JSON.parse(readFileSync(goldenPath(path), 'utf8')) as T;
