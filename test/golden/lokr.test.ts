import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { AdapterModule } from '../../nodes/inference/adapters/adapter.ts';
import { buildModule, type NamedTensor } from '../../nodes/inference/adapters/build-module.ts';
import { deltaOf } from '../../nodes/inference/adapters/delta.ts';
import { loadModule, sumOfSquares } from '../../nodes/inference/adapters/matrix.ts';
import { mergeOne } from '../../nodes/inference/adapters/merge.ts';
import { deltaNorm } from '../../nodes/inference/adapters/norm.ts';
import { splitTensorName, type TensorRole } from '../../nodes/inference/adapters/tensor-names.ts';
import { readSafetensors, readTensor } from '../../nodes/inference/checkpoints/safetensors.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { maxDifference } from '../support/max-difference.ts';

interface Case {
  readonly matrix: string;
  readonly same_tensors_as: string | null;
  readonly alpha: number | null;
}
const { cases } = JSON.parse(await readFile(goldenPath('lokr-matrices/cases.json'), 'utf8')) as {
  cases: Record<string, Case>;
};
const { tensors } = await readSafetensors(goldenPath('lokr-matrices/cases.safetensors'));
const values = (name: string) => readTensor(tensors.get(name)!);

async function load(name: string) {
  const { matrix, same_tensors_as, alpha } = cases[name]!;
  const stored = same_tensors_as ?? name;
  const roles = new Map<TensorRole, NamedTensor>();
  for (const [key, source] of tensors) {
    const split = splitTensorName(key);
    if (split?.module !== stored) continue;
    if (split.role !== 'alpha') roles.set(split.role, { key, source });
    // A variant without alpha shares the tensors of one that has it.
    else if (alpha !== null) roles.set(split.role, { key, source });
  }
  const [rows, columns] = tensors.get(`${matrix}.weight`)!.shape as [number, number];
  const module = buildModule(roles, alpha ?? undefined, {
    module: name,
    size: { rows, columns },
    part: undefined,
  });
  if (typeof module === 'string') throw new Error(module);
  return {
    stored,
    base: { rows, columns, values: await values(`${matrix}.weight`) },
    module: await loadModule(module as AdapterModule),
  };
}

describe.each(Object.keys(cases))('LoKr matrix %s', (name) => {
  test('its change of the weight is the reference’s', async () => {
    const { stored, module } = await load(name);
    const delta = deltaOf(module);
    expect(maxDifference(delta.values, await values(`${stored}.delta`))).toBeLessThan(1e-6);
    expect(deltaNorm(module)).toBeCloseTo(Math.sqrt(sumOfSquares(delta)), 4);
  });

  const merged = [...tensors.keys()].filter((key) => key.startsWith(`${name}.`) && key.includes('@'));
  test.runIf(merged.length > 0).each(merged)('merges as %s', async (key) => {
    const { base, module } = await load(name);
    const convention = key.includes('lycoris_forward@') ? 'lycoris' : 'comfyui';
    const result = mergeOne(base, module, Number(key.split('@')[1]), convention);
    expect(maxDifference(result.values, await values(key))).toBeLessThan(1e-6);
  });
});
