import { curveAt, stepPosition } from '../../core/curve.ts';
import type { AdapterUse, FileReference, ModelRecipe, PartReference } from '../../core/values.ts';
import type { AdapterStrength } from '../adapters/blocks.ts';

/** One transformer of a run with every adapter that any step lays over it. */
export interface RoutedNetwork {
  readonly part: PartReference;
  readonly adapters: readonly FileReference[];
}

/** What runs one step. */
export interface StepModel {
  /** Index of its network. */
  readonly model: number;
  /** One for each adapter of that network; 0 for those the step does without. */
  readonly adapterStrengths: readonly AdapterStrength[];
}

export interface ModelRoute {
  readonly networks: readonly RoutedNetwork[];
  readonly steps: readonly StepModel[];
}

/**
 * Which network runs each of `count` steps, and how strongly its adapters act there. Steps that differ
 * in their adapters only share a network: an adapter that is off costs nothing, another network does.
 */
export function routeModel(model: ModelRecipe, count: number): ModelRoute {
  const networks: { readonly part: PartReference; readonly adapters: FileReference[] }[] = [];
  const stages = [{ from: 0, model }, ...(model.later ?? [])];
  const chosen = Array.from({ length: count }, (_, step) => stages.findLast(({ from }) => from <= step));
  const placed = new Map(
    [...new Set(chosen)].map((stage) => {
      const { part, adapters } = stage?.model ?? model;
      const known = networks.findIndex((other) => partKey(other.part) === partKey(part));
      const index = known < 0 ? networks.push({ part, adapters: [] }) - 1 : known;
      const network = networks[index];
      const uses = new Map<number, AdapterUse>();
      for (const use of adapters) {
        const free = network?.adapters.findIndex(
          (file, slot) => keyOf(file) === keyOf(use.file) && !uses.has(slot),
        );
        const slot = free === undefined || free < 0 ? (network?.adapters.push(use.file) ?? 1) - 1 : free;
        uses.set(slot, use);
      }
      return [stage, { index, uses }];
    }),
  );
  const steps = chosen.map((stage, step): StepModel => {
    const { index, uses } = placed.get(stage) ?? { index: 0, uses: new Map() };
    const adapters = networks[index]?.adapters ?? [];
    return {
      model: index,
      adapterStrengths: adapters.map((_file, slot) => {
        const use = uses.get(slot);
        return use ? strengthAt(use, step, count) : { strength: 0 };
      }),
    };
  });
  return { networks, steps };
}

/** How strongly an adapter acts at a step of a run of `count` steps. */
function strengthAt({ strength, curve, blocks }: AdapterUse, step: number, count: number): AdapterStrength {
  const own = typeof strength === 'number' ? strength : (strength[step] ?? strength.at(-1) ?? 0);
  const factor = curve ? curveAt(curve, stepPosition(step, count)) : 1;
  return { strength: own * factor, ...(blocks && { blocks }) };
}

const partKey = ({ file, precision }: PartReference): string => `${keyOf(file)} ${precision}`;
const keyOf = ({ name, sha256 }: FileReference): string => `${sha256} ${name}`;
