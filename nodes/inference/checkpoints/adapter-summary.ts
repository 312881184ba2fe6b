import type { WeightSource } from './weights.ts';

type AdapterFamily = 'LoKr' | 'LoRA' | 'LoHa' | 'unknown';

/** What an adapter file does to its modules, told by names and shapes only. */
export interface AdapterSummary {
  /** Number of modules it changes. */
  readonly modules: number;
  readonly families: readonly { readonly family: AdapterFamily; readonly modules: number }[];
  /** Modules with a DoRA magnitude. */
  readonly dora: number;
  /** Distinct ranks of decomposed factors, ascending; empty where all factors are full. */
  readonly ranks: readonly number[];
  /** Distinct factor shapes, such as `lokr_w1 8×8, lokr_w2 480×480`, most frequent first. */
  readonly factors: readonly { readonly shapes: string; readonly modules: number }[];
  /** Tensors that belong to no module. */
  readonly others: readonly string[];
}

/** Splits a tensor name into its module and the role it plays there. */
const roles =
  /^(.+)\.(lokr_(?:w[12](?:_[ab])?|t2)|hada_(?:w[12]_[ab]|t[12])|lora_(?:up|down|A|B|mid)(?:\.\w+)??(?:\.weight)?|lora\.(?:up|down)\.weight|alpha|dora_scale|diff|diff_b)$/;

/** A tensor name of an adapter taken apart, or undefined for any other name. */
function roleOf(name: string): { module: string; role: string } | undefined {
  const match = roles.exec(name);
  const [, module, role] = match ?? [];
  return module === undefined || role === undefined ? undefined : { module, role };
}

/** Whether a tensor is a factor of a LoRA, LoKr or LoHa, in any of the spellings in use. */
export function isAdapterFactor(name: string): boolean {
  const role = roleOf(name)?.role;
  return role !== undefined && familyOf([role]) !== 'unknown';
}

function familyOf(moduleRoles: readonly string[]): AdapterFamily {
  if (moduleRoles.some((role) => role.startsWith('lokr_'))) return 'LoKr';
  if (moduleRoles.some((role) => role.startsWith('hada_'))) return 'LoHa';
  if (moduleRoles.some((role) => role.startsWith('lora'))) return 'LoRA';
  return 'unknown';
}

/** Factors [rank, in]: their first size is the rank. */
const rankFactors = /^(lokr_w[12]_b|hada_w[12]_b|lora_(down|A)\b.*|lora\.down\.weight)$/;

/** Counts modules, families, ranks and factor shapes of an adapter file. */
export function summariseAdapter(tensors: ReadonlyMap<string, WeightSource>): AdapterSummary {
  const modules = new Map<string, Map<string, readonly number[]>>();
  const others: string[] = [];
  for (const [name, { shape }] of tensors) {
    const taken = roleOf(name);
    if (taken === undefined) {
      others.push(name);
      continue;
    }
    const shapes = modules.get(taken.module) ?? new Map<string, readonly number[]>();
    shapes.set(taken.role, shape);
    modules.set(taken.module, shapes);
  }

  const families = new Map<AdapterFamily, number>();
  const factors = new Map<string, number>();
  const ranks = new Set<number>();
  let dora = 0;
  const count = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const shapes of modules.values()) {
    count(families, familyOf([...shapes.keys()]));
    if (shapes.has('dora_scale')) dora++;
    const factorShapes = [...shapes].filter(([role]) => role !== 'alpha' && role !== 'dora_scale');
    for (const [role, shape] of factorShapes) {
      if (rankFactors.test(role)) ranks.add(shape[0] ?? 0);
    }
    count(
      factors,
      factorShapes
        .map(([role, shape]) => `${role} ${shape.join('×')}`)
        .sort()
        .join(', '),
    );
  }
  const mostFirst = <K>(counts: ReadonlyMap<K, number>) => [...counts].sort(([, a], [, b]) => b - a);
  return {
    modules: modules.size,
    families: mostFirst(families).map(([family, number]) => ({ family, modules: number })),
    dora,
    ranks: [...ranks].sort((a, b) => a - b),
    factors: mostFirst(factors).map(([shapes, number]) => ({ shapes, modules: number })),
    others,
  };
}
