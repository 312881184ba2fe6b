import type { readingAhead } from '../checkpoints/safetensors.ts';
import type { WeightSource } from '../checkpoints/weights.ts';

export interface MatrixSize {
  readonly rows: number;
  readonly columns: number;
}

/** A matrix in memory, row-major float32. */
export interface Matrix extends MatrixSize {
  readonly values: Float32Array;
}

/** A matrix that lies in a file. */
export interface StoredMatrix extends MatrixSize {
  /** Its name in the file. */
  readonly key: string;
  readonly source: WeightSource;
}

/** One matrix of a product. */
export interface Link<M> {
  readonly matrix: M;
  /** Whether its transpose is meant (the outer matrices of a Tucker decomposition are stored so). */
  readonly transposed: boolean;
}

/**
 * A factor written as a product of matrices, left to right: one link where it is stored in full, two
 * where it is decomposed (`a · b`), three with a Tucker core (`aᵀ · core · b`).
 */
export type Chain<M> = readonly [Link<M>, ...Link<M>[]];

/** Rows `from` to `from + count`. */
export interface RowRange {
  readonly from: number;
  readonly count: number;
}

/** DoRA magnitudes: a column [out, 1] or a row [1, in]. */
export interface Dora<M> {
  readonly axis: 'out' | 'in';
  readonly magnitudes: M;
}

interface Common<M> {
  /** Multiplies the factors' product: alpha / rank; 1 without alpha and where nothing is decomposed. */
  readonly scale: number;
  /** As stored; often a placeholder where nothing is decomposed. */
  readonly alpha: number | undefined;
  /** Inner size of the decomposed factor. */
  readonly rank: number | undefined;
  readonly dora: Dora<M> | undefined;
  /**
   * Where the file adapts q, k and v as one stacked matrix: the rows of that matrix which change this
   * module. `dora` holds the magnitudes of these rows only.
   */
  readonly rows: RowRange | undefined;
  /** Names in the file. */
  readonly keys: readonly string[];
}

/** ΔW = scale · (w1 ⊗ w2). LyCORIS, `lycoris/modules/lokr.py`. */
interface LokrModule<M> extends Common<M> {
  readonly family: 'lokr';
  readonly w1: Chain<M>;
  readonly w2: Chain<M>;
}

/** ΔW = scale · up · down. Hu et al. 2021. */
interface LoraModule<M> extends Common<M> {
  readonly family: 'lora';
  readonly product: Chain<M>;
}

/** ΔW = scale · (first ∘ second), elementwise. LyCORIS, `lycoris/modules/loha.py`. */
interface LohaModule<M> extends Common<M> {
  readonly family: 'loha';
  readonly first: Chain<M>;
  readonly second: Chain<M>;
}

/** What an adapter does to one linear layer; all matrices in torch's layout [out, in]. */
export type AdapterModule<M = StoredMatrix> = LokrModule<M> | LoraModule<M> | LohaModule<M>;

/** Tensors that could not be used, and why. */
export interface Misfit {
  readonly keys: readonly string[];
  /** A clause such as "its factors make [96, 64], the layer has [128, 64]". */
  readonly why: string;
}

/** An adapter file laid against the layers of one model. Its factors stay in the file, unless that is small. */
export interface Adapter {
  /** Absolute path. */
  readonly file: string;
  /** Reads its factors; from the file where nothing else is given. */
  readonly reading?: typeof readingAhead;
  /** By the model's diffusers module names, such as `layers.0.attention.to_q`. */
  readonly modules: ReadonlyMap<string, AdapterModule>;
  /** Keys that name no layer of the model. */
  readonly unmatchedKeys: readonly string[];
  readonly misfits: readonly Misfit[];
  /** What a person should know, one sentence each. */
  readonly notices: readonly string[];
}

export const chainSize = (chain: Chain<MatrixSize>): MatrixSize => {
  const last = chain[chain.length - 1] ?? chain[0];
  return { rows: linkSize(chain[0]).rows, columns: linkSize(last).columns };
};

export const linkSize = ({ matrix, transposed }: Link<MatrixSize>): MatrixSize =>
  transposed ? { rows: matrix.columns, columns: matrix.rows } : matrix;

/** Size of the product of a module's factors, before any selection of rows. */
export function productSize(module: AdapterModule<MatrixSize>): MatrixSize {
  switch (module.family) {
    case 'lokr': {
      const [w1, w2] = [chainSize(module.w1), chainSize(module.w2)];
      return { rows: w1.rows * w2.rows, columns: w1.columns * w2.columns };
    }
    case 'lora':
      return chainSize(module.product);
    case 'loha':
      return chainSize(module.first);
  }
}

/** Every matrix of a module. */
export function matricesOf<M>(module: AdapterModule<M>): readonly M[] {
  const chains = chainsOf(module).flatMap((chain) => chain.map(({ matrix }) => matrix));
  return module.dora === undefined ? chains : [...chains, module.dora.magnitudes];
}

/** Values of all its factors. */
export function valueCount({ modules }: Pick<Adapter, 'modules'>): number {
  let count = 0;
  for (const module of modules.values())
    for (const { rows, columns } of matricesOf(module)) count += rows * columns;
  return count;
}

function chainsOf<M>(module: AdapterModule<M>): readonly Chain<M>[] {
  switch (module.family) {
    case 'lokr':
      return [module.w1, module.w2];
    case 'lora':
      return [module.product];
    case 'loha':
      return [module.first, module.second];
  }
}
