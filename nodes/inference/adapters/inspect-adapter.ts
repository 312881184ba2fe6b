import type { AdapterModuleReport, AdapterReport } from '../../execution/adapter-report.ts';
import { readTensor } from '../checkpoints/safetensors.ts';
import type { WeightSource, Weights } from '../checkpoints/weights.ts';
import { counted, listed } from '../checkpoints/wording.ts';
import {
  type Adapter,
  type AdapterModule,
  type Chain,
  type Link,
  type MatrixSize,
  matricesOf,
} from './adapter.ts';
import { blockOf } from './blocks.ts';
import { loadModule, sumOfSquares } from './matrix.ts';
import { bareName } from './module-names.ts';
import { deltaNorm } from './norm.ts';

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
): Promise<AdapterReport> {
  const modules: AdapterModuleReport[] = [];
  for (const [name, module] of adapter.modules) {
    run.signal?.throwIfAborted();
    const norm = deltaNorm(await loadModule(module));
    const weight = run.weights?.get(`${name}.weight`);
    const base = weight === undefined ? undefined : await weightNorm(weight);
    modules.push({
      name,
      block: blockOf(run.weights ? name : bareName(name)),
      family: module.family,
      factors: factorsText(module),
      dtypes: [...new Set(matricesOf(module).map(({ source }) => source.dtype))],
      rank: module.rank,
      alpha: module.alpha,
      scale: module.scale,
      dora: module.dora !== undefined,
      norm,
      relativeNorm: base === undefined || base === 0 ? undefined : norm / base,
    });
    run.onProgress?.(modules.length, adapter.modules.size);
  }
  return {
    modules,
    unmatchedKeys: adapter.unmatchedKeys,
    misfits: adapter.misfits,
    notices: [...adapter.notices, ...outlierNotices(modules)],
  };
}

/** Lengths of weights that were measured: another adapter of the same model need not read them again. */
const weightNorms = new WeakMap<WeightSource, number>();

async function weightNorm(weight: WeightSource): Promise<number> {
  const known = weightNorms.get(weight);
  if (known !== undefined) return known;
  const values = await readTensor(weight);
  const norm = Math.sqrt(sumOfSquares({ rows: 1, columns: values.length, values }));
  weightNorms.set(weight, norm);
  return norm;
}

/** The strength of a change: relative to the weight where that is known. */
const strengthOf = ({ norm, relativeNorm }: AdapterModuleReport): number => relativeNorm ?? norm;

function outlierNotices(modules: readonly AdapterModuleReport[]): string[] {
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
