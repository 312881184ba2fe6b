import { UserError } from '../../core/errors.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { Adapter, AdapterModule, Matrix } from './adapter.ts';
import { type AdapterStrength, blocksOf, strengthIn } from './blocks.ts';
import { deltaOf } from './delta.ts';
import { loadModule, readMatrix } from './matrix.ts';
import { adaptedWeight, gainsOf } from './merge.ts';
import type { AdapterFactors } from './slot-factors.ts';

/** One layer's change, ready to become part of a graph. */
export interface LiveModule {
  readonly module: AdapterModule;
  /** d / ‖·‖ per output or input where the module has DoRA magnitudes; they do not depend on the strength. */
  readonly gains: Float32Array | undefined;
}

/** An adapter that acts inside the running graph. */
export interface LiveAdapter {
  readonly adapter: Adapter;
  readonly modules: ReadonlyMap<string, LiveModule>;
  /** Blocks it changes; its strengths are fed in this order. */
  readonly blocks: readonly string[];
}

/**
 * Prepares an adapter for graph building. Only layers with DoRA magnitudes read their base weights.
 *
 * @param weights the model's, under diffusers names
 */
export async function liveAdapter(adapter: Adapter, weights: Weights): Promise<LiveAdapter> {
  const modules = new Map<string, LiveModule>();
  for (const [name, module] of adapter.modules) {
    modules.set(name, { module, gains: await liveGains(name, module, weights) });
  }
  return { adapter, modules, blocks: blocksOf(modules.keys()) };
}

/** An adapter over a network: in one of its slots where `factors` are given, otherwise built into its graphs. */
export interface StackedAdapter {
  readonly live: LiveAdapter;
  readonly factors: AdapterFactors | undefined;
}

/** The adapters over a network; strengths are given in this order. */
export type AdapterStack = readonly StackedAdapter[];

/** Adapters that are all built into a graph. */
export const builtInStack = (adapters: readonly LiveAdapter[]): AdapterStack =>
  adapters.map((live) => ({ live, factors: undefined }));

async function liveGains(
  name: string,
  stored: AdapterModule,
  weights: Weights,
): Promise<Float32Array | undefined> {
  if (stored.dora === undefined) return undefined;
  const source = weights.get(`${name}.weight`);
  const [rows, columns] = source?.shape ?? [];
  if (source === undefined || rows === undefined || columns === undefined) {
    throw new UserError(`The model has no layer ${name} for ${stored.keys[0]}.`);
  }
  const base = await readMatrix({ key: name, rows, columns, source });
  const module = await loadModule(stored);
  const { dora } = module;
  if (dora === undefined) return undefined;
  const measured: Matrix = dora.axis === 'out' ? base : adaptedWeight(base, deltaOf(module));
  return Float32Array.from(gainsOf(dora, measured));
}

/** Strengths in the order of `blocks`, and whether any of them does something. */
export function strengthsFor(
  blocks: readonly string[],
  strength: AdapterStrength,
): { readonly values: Float32Array; readonly on: boolean } {
  const values = Float32Array.from(blocks, (block) => strengthIn(block, strength));
  if (!values.every(Number.isFinite)) {
    throw new UserError('An adapter strength must be a finite number.', {
      hint: 'Enter a number such as 1.',
    });
  }
  return { values, on: values.some((value) => value !== 0) };
}
