import { readTensor } from '../checkpoints/safetensors.ts';
import type { Weights } from '../checkpoints/weights.ts';
import { counted, listed } from '../checkpoints/wording.ts';
import type { Adapter, AdapterModule, Chain, Link, MatrixSize, Misfit } from './adapter.ts';
import { blockOf } from './blocks.ts';
import { loadModule, sumOfSquares } from './matrix.ts';
import { deltaNorm } from './norm.ts';

/** What an adapter does to one layer. */
interface InspectedModule {
  readonly name: string;
  /** Group it belongs to for block strengths. */
  readonly block: string;
  readonly family: AdapterModule['family'];
  /** Sizes of its factors, such as `8×8 ⊗ 480×480` or `(3840×32 · 32×3840)`. */
  readonly factors: string;
  readonly rank: number | undefined;
  readonly alpha: number | undefined;
  /** What alpha and rank make of its factors' product. */
  readonly scale: number;
  readonly dora: boolean;
  /** ‖ΔW‖ at strength 1. */
  readonly norm: number;
  /** ‖ΔW‖ / ‖W‖; undefined without a model. */
  readonly relativeNorm: number | undefined;
}

export interface AdapterInspection {
  readonly file: string;
  readonly modules: readonly InspectedModule[];
  readonly families: readonly { readonly family: AdapterModule['family']; readonly modules: number }[];
  readonly ranks: readonly number[];
  readonly unmatchedKeys: readonly string[];
  readonly misfits: readonly Misfit[];
  readonly notices: readonly string[];
}

/** A layer changed this many times as strongly as the median one is pointed out. */
const outlierRatio = 16;

/**
 * Measures an adapter layer by layer.
 *
 * @param weights the model's, to relate the changes to; every adapted layer is read once, which for a
 * large model takes a while
 * @throws UserError where a file cannot be read; the signal's reason when it aborts
 */
export async function inspectAdapter(
  adapter: Adapter,
  run: {
    readonly weights?: Weights;
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<AdapterInspection> {
  const modules: InspectedModule[] = [];
  for (const [name, module] of adapter.modules) {
    run.signal?.throwIfAborted();
    const norm = deltaNorm(await loadModule(module));
    const weight = run.weights?.get(`${name}.weight`);
    const base = weight === undefined ? undefined : await weightNorm(weight);
    modules.push({
      name,
      block: blockOf(name),
      family: module.family,
      factors: factorsText(module),
      rank: module.rank,
      alpha: module.alpha,
      scale: module.scale,
      dora: module.dora !== undefined,
      norm,
      relativeNorm: base === undefined || base === 0 ? undefined : norm / base,
    });
    run.onProgress?.(modules.length, adapter.modules.size);
  }
  const families = new Map<AdapterModule['family'], number>();
  for (const { family } of modules) families.set(family, (families.get(family) ?? 0) + 1);
  return {
    file: adapter.file,
    modules,
    families: [...families].map(([family, count]) => ({ family, modules: count })),
    ranks: [...new Set(modules.flatMap(({ rank }) => rank ?? []))].sort((a, b) => a - b),
    unmatchedKeys: adapter.unmatchedKeys,
    misfits: adapter.misfits,
    notices: [...adapter.notices, ...outlierNotices(modules)],
  };
}

async function weightNorm(weight: Parameters<typeof readTensor>[0]): Promise<number> {
  const values = await readTensor(weight);
  return Math.sqrt(sumOfSquares({ rows: 1, columns: values.length, values }));
}

/** The strength of a change: relative to the weight where that is known. */
const strengthOf = ({ norm, relativeNorm }: InspectedModule): number => relativeNorm ?? norm;

function outlierNotices(modules: readonly InspectedModule[]): string[] {
  const sorted = modules.map(strengthOf).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const loud = modules.filter((module) => strengthOf(module) > outlierRatio * median);
  if (median === 0 || loud.length === 0) return [];
  return [
    `It changes ${counted(loud.length, 'layer')} over ${outlierRatio} times as strongly as its median layer: ${listed(
      loud.map(({ name }) => name),
      3,
    )}; the scale of these may be stored wrongly.`,
  ];
}

function factorsText(module: AdapterModule<MatrixSize>): string {
  switch (module.family) {
    case 'lokr':
      return `${chainText(module.w1)} ⊗ ${chainText(module.w2)}`;
    case 'lora':
      return chainText(module.product);
    case 'loha':
      return `${chainText(module.first)} ∘ ${chainText(module.second)}`;
  }
}

function chainText(chain: Chain<MatrixSize>): string {
  const text = chain.map(linkText).join(' · ');
  return chain.length > 1 ? `(${text})` : text;
}

const linkText = ({ matrix, transposed }: Link<MatrixSize>): string =>
  `${matrix.rows}×${matrix.columns}${transposed ? 'ᵀ' : ''}`;
