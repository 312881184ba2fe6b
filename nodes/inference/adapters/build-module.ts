import { asLinear, rowsOf } from '../checkpoints/weight-views.ts';
import type { WeightDtype, WeightSource } from '../checkpoints/weights.ts';
import {
  type AdapterModule,
  type Chain,
  chainSize,
  type Dora,
  type Link,
  linkSize,
  type MatrixSize,
  matricesOf,
  productSize,
  type StoredMatrix,
} from './adapter.ts';
import type { ModuleTarget } from './module-names.ts';
import type { TensorRole } from './tensor-names.ts';

export interface NamedTensor {
  readonly key: string;
  readonly source: WeightSource;
}
/** The tensors of one module by what they are to it. */
export type ModuleTensors = ReadonlyMap<TensorRole, NamedTensor>;

/** Why tensors make no module: a clause for a list. */
class Unfit extends Error {}

/** Beyond the width of any layer these adapters were made for; a hostile file could ask for more than memory holds. */
const maxRank = 16_384;

/** What a graph takes as it is; trainers write no others. */
const factorTypes: ReadonlySet<WeightDtype> = new Set(['F32', 'F16', 'BF16']);

/**
 * Lays the tensors of one module against the layer they are for.
 *
 * @param alpha its value where there is one
 * @returns the module, or a clause that says why there is none
 */
export function buildModule(
  tensors: ModuleTensors,
  alpha: number | undefined,
  target: ModuleTarget,
): AdapterModule | string {
  try {
    return assemble(tensors, alpha, target);
  } catch (error) {
    if (error instanceof Unfit) return error.message;
    throw error;
  }
}

function assemble(tensors: ModuleTensors, alpha: number | undefined, target: ModuleTarget): AdapterModule {
  const used = new Map<TensorRole, NamedTensor>();
  const has = (role: TensorRole) => tensors.has(role);
  const matrix = (role: TensorRole): StoredMatrix => {
    const tensor = tensors.get(role);
    if (tensor === undefined) throw new Unfit(`${role} is missing`);
    used.set(role, tensor);
    return storedMatrix(tensor);
  };
  const link = (role: TensorRole, transposed = false): Link<StoredMatrix> => ({
    matrix: matrix(role),
    transposed,
  });
  /** `prefix` in full, or `prefix_a · prefix_b`, or with the Tucker core between them. */
  const factor = (prefix: 'lokr_w1' | 'lokr_w2' | 'hada_w1' | 'hada_w2', core: TensorRole | undefined) => {
    if (has(prefix as TensorRole)) return joined([link(prefix as TensorRole)]);
    const [a, b] = [`${prefix}_a`, `${prefix}_b`] as [TensorRole, TensorRole];
    if (core !== undefined && has(core)) return joined([link(a, true), link(core), link(b)]);
    return joined([link(a), link(b)]);
  };

  const body = (() => {
    if ([...tensors.keys()].some((role) => role.startsWith('lokr_'))) {
      const w1 = factor('lokr_w1', undefined);
      const w2 = factor('lokr_w2', 'lokr_t2');
      return { family: 'lokr', w1, w2, rank: rankOf(w2) ?? rankOf(w1) } as const;
    }
    if ([...tensors.keys()].some((role) => role.startsWith('hada_'))) {
      const first = factor('hada_w1', 'hada_t1');
      const second = factor('hada_w2', 'hada_t2');
      const [a, b] = [chainSize(first), chainSize(second)];
      if (a.rows !== b.rows || a.columns !== b.columns) {
        throw new Unfit(`its two products are of different sizes, ${sizeText(a)} and ${sizeText(b)}`);
      }
      return { family: 'loha', first, second, rank: rankOf(first) } as const;
    }
    if (has('lora_up') || has('lora_down')) {
      const middle = has('lora_mid') ? [link('lora_mid')] : [];
      const product = joined([link('lora_up'), ...middle, link('lora_down')]);
      return { family: 'lora', product, rank: rankOf(product) } as const;
    }
    throw new Unfit('it has no factors');
  })();

  const stored = tensors.get('alpha');
  if (stored !== undefined) used.set('alpha', stored);
  const scaled = {
    ...body,
    scale: scaleOf(alpha, body.rank),
    alpha,
    dora: undefined,
    rows: target.part === undefined ? undefined : { from: target.part.from, count: target.part.count },
    keys: [],
  };
  const size = productSize(scaled);
  const whole = wholeSize(target) ?? size;
  if (size.rows !== whole.rows || size.columns !== whole.columns) {
    throw new Unfit(`its factors make ${sizeText(size)}, the layer has ${sizeText(whole)}`);
  }
  const dora = has('dora_scale') ? doraOf(magnitudesOf(tensors, used), whole, target.part) : undefined;
  if (used.size < tensors.size) {
    const left = [...tensors.keys()].filter((role) => !used.has(role));
    throw new Unfit(`it has ${left.join(', ')} beside ${[...used.keys()].join(', ')}`);
  }
  const module = { ...scaled, dora, keys: [...used.values()].map(({ key }) => key) };
  for (const { source } of matricesOf(module)) {
    if (!factorTypes.has(source.dtype)) {
      throw new Unfit(`its factors are of the type ${source.dtype}; F32, F16 and BF16 are read`);
    }
  }
  return module;
}

/**
 * LyCORIS' rule: alpha / rank; alpha counts for nothing where no factor is decomposed (ai-toolkit
 * then stores 9999999999), and is the rank where the file has none.
 */
function scaleOf(alpha: number | undefined, rank: number | undefined): number {
  if (alpha === undefined || rank === undefined) return 1;
  if (!Number.isFinite(alpha)) throw new Unfit(`its alpha is ${alpha}`);
  return alpha / rank;
}

function joined(links: readonly Link<StoredMatrix>[]): Chain<StoredMatrix> {
  const [first, ...rest] = links;
  if (first === undefined) throw new Unfit('it has no factors');
  let left = linkSize(first);
  for (const next of rest) {
    const right = linkSize(next);
    if (left.columns !== right.rows) {
      throw new Unfit(`factors of ${sizeText(left)} and ${sizeText(right)} do not multiply`);
    }
    if (right.rows < 1) throw new Unfit('its rank is 0');
    if (right.rows > maxRank)
      throw new Unfit(`its rank is ${right.rows}, more than the ${maxRank} that are read`);
    left = right;
  }
  return [first, ...rest];
}

const rankOf = (chain: Chain<StoredMatrix>): number | undefined => {
  const last = chain[chain.length - 1];
  return chain.length === 1 || last === undefined ? undefined : linkSize(last).rows;
};

function storedMatrix({ key, source }: NamedTensor): StoredMatrix {
  const flat = asLinear(source);
  const [rows, columns, ...rest] = flat.shape;
  if (rows === undefined || columns === undefined || rest.length > 0) {
    const what = rest.length > 0 ? 'is for a convolution' : 'is no matrix';
    throw new Unfit(`${JSON.stringify(key)} of shape [${source.shape.join(', ')}] ${what}`);
  }
  return { key, rows, columns, source: flat };
}

function magnitudesOf(tensors: ModuleTensors, used: Map<TensorRole, NamedTensor>): StoredMatrix {
  const tensor = tensors.get('dora_scale');
  if (tensor === undefined) throw new Unfit('dora_scale is missing');
  used.set('dora_scale', tensor);
  // PEFT stores one magnitude per output as a plain vector.
  const [count, ...rest] = tensor.source.shape;
  if (count === undefined || rest.length > 0) return storedMatrix(tensor);
  return { key: tensor.key, rows: count, columns: 1, source: { ...tensor.source, shape: [count, 1] } };
}

function doraOf(magnitudes: StoredMatrix, whole: MatrixSize, part: ModuleTarget['part']): Dora<StoredMatrix> {
  if (magnitudes.rows === whole.rows && magnitudes.columns === 1) {
    if (part === undefined) return { axis: 'out', magnitudes };
    const source = rowsOf(magnitudes.source, part.from, part.count);
    return { axis: 'out', magnitudes: { ...magnitudes, rows: part.count, source } };
  }
  if (magnitudes.rows === 1 && magnitudes.columns === whole.columns) {
    // Its column lengths would run over q, k and v together.
    if (part !== undefined) throw new Unfit('DoRA over the inputs of a stacked q, k and v is not read');
    return { axis: 'in', magnitudes };
  }
  throw new Unfit(`its dora_scale is ${sizeText(magnitudes)}, the layer has ${sizeText(whole)}`);
}

/** Of the matrix that the file adapts: the layer's, or the stacked one it is a part of. */
const wholeSize = ({ size, part }: ModuleTarget): MatrixSize | undefined =>
  part === undefined || size === undefined ? size : { rows: part.of, columns: size.columns };

const sizeText = ({ rows, columns }: MatrixSize): string => `[${rows}, ${columns}]`;
