/** What an adapter does to one layer. */
export interface AdapterModuleReport {
  /** Diffusers name, such as `layers.0.attention.to_q`. */
  readonly name: string;
  /** Group it belongs to for block strengths, such as `layers.0`. */
  readonly block: string;
  readonly family: 'lokr' | 'lora' | 'loha';
  /** Sizes of its factors, such as `8×8 ⊗ 480×480` or `(3840×32 · 32×3840)`. */
  readonly factors: string;
  /** Types its factors are stored as. */
  readonly dtypes: readonly string[];
  /** Of the decomposed factor; undefined where none is. */
  readonly rank: number | undefined;
  /** As stored. */
  readonly alpha: number | undefined;
  /** What alpha and rank make of its factors' product. */
  readonly scale: number;
  readonly dora: boolean;
  /** ‖ΔW‖ at strength 1. */
  readonly norm: number;
  /** ‖ΔW‖ / ‖W‖; undefined without a model. */
  readonly relativeNorm: number | undefined;
}

/** An adapter file looked into, against a model or alone. Plain data. */
export interface AdapterReport {
  readonly modules: readonly AdapterModuleReport[];
  readonly unmatchedKeys: readonly string[];
  /** Tensors that could not be used, and why. */
  readonly misfits: readonly { readonly keys: readonly string[]; readonly why: string }[];
  /** What a person should know, one sentence each. */
  readonly notices: readonly string[];
}

/** How strongly each block is changed, in the order of the file. */
export interface BlockNorm {
  readonly block: string;
  /** ‖ΔW‖ / ‖W‖ over the adapted layers of the block; ‖ΔW‖ where no model is at hand. */
  readonly value: number;
}

/** Norms of a block are those of its layers taken as one vector. */
export function blockNorms({ modules }: AdapterReport): readonly BlockNorm[] {
  const sums = new Map<string, { change: number; base: number }>();
  for (const { block, norm, relativeNorm } of modules) {
    const sum = sums.get(block) ?? { change: 0, base: 0 };
    sums.set(block, sum);
    sum.change += norm ** 2;
    sum.base += relativeNorm ? (norm / relativeNorm) ** 2 : 0;
  }
  return [...sums]
    .map(([block, { change, base }]) => ({ block, value: Math.sqrt(base > 0 ? change / base : change) }))
    .sort((a, b) => compareBlocks(a.block, b.block));
}

const blockParts = /^(.*?)(?:\.(\d+))?$/;

/** Main layers first, by number; then the refiners, then what is in no block. */
function compareBlocks(a: string, b: string): number {
  const rank = ([, group = '', index]: RegExpExecArray): number =>
    (index === undefined ? 2e6 : group === 'layers' ? 0 : 1e6) + Number(index ?? 0);
  const [first, second] = [blockParts.exec(a), blockParts.exec(b)];
  return first && second ? rank(first) - rank(second) || a.localeCompare(b, 'en') : 0;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
const familyNames = { lokr: 'LoKr', lora: 'LoRA', loha: 'LoHa' } as const;
/** Keys of one list that are written out. */
const SHOWN_KEYS = 12;
const SHOWN_FACTORS = 6;

/** Values by how often they occur, most first. */
function tally<T>(values: readonly T[]): [T, number][] {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** What alpha means for a layer, in words. */
function alphaText({ alpha, rank, scale }: AdapterModuleReport): string {
  if (rank === undefined)
    return alpha === undefined
      ? 'full factors, scale 1'
      : `full factors, scale 1 (alpha ${number(alpha)} unused)`;
  return alpha === undefined
    ? 'no alpha, scale 1'
    : `alpha ${number(alpha)} / rank ${rank} = scale ${number(scale)}`;
}

const number = (value: number): string =>
  Math.abs(value) >= 1e6 ? value.toExponential(3) : String(Number(value.toPrecision(4)));

function keyLines(title: string, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const more = keys.length > SHOWN_KEYS ? [`  … and ${keys.length - SHOWN_KEYS} more`] : [];
  return [title, ...keys.slice(0, SHOWN_KEYS).map((key) => `  ${key}`), ...more];
}

/** The report as lines for people, in a node and on a terminal. */
export function adapterReportText(report: AdapterReport): string {
  const { modules, unmatchedKeys, misfits, notices } = report;
  const families = tally(modules.map(({ family, dora }) => familyNames[family] + (dora ? ' with DoRA' : '')));
  const factors = tally(modules.map((module) => module.factors));
  const isRelative = modules.some(({ relativeNorm }) => relativeNorm !== undefined);
  const norms = blockNorms(report);
  return [
    `${count(modules.length, 'layer')}: ${families.map(([name, times]) => `${name} ×${times}`).join(', ')}`,
    `stored as ${tally(modules.flatMap(({ dtypes }) => dtypes))
      .map(([dtype]) => dtype)
      .join(', ')}`,
    ...factors.slice(0, SHOWN_FACTORS).map(([shapes, times]) => `  ${shapes} ×${times}`),
    ...(factors.length > SHOWN_FACTORS ? [`  … and ${factors.length - SHOWN_FACTORS} other sizes`] : []),
    ...tally(modules.map(alphaText)).map(([text, times]) => `  ${text} ×${times}`),
    isRelative ? 'change against the weights, ‖ΔW‖ / ‖W‖' : 'size of the change, ‖ΔW‖',
    ...norms.map(
      ({ block, value }) => `  ${block} ${isRelative ? `${number(value * 100)} %` : number(value)}`,
    ),
    ...keyLines(`${count(unmatchedKeys.length, 'key')} that match no layer`, unmatchedKeys),
    ...misfits.flatMap(({ keys, why }) => keyLines(`not used, ${why}`, keys)),
    ...notices.map((notice) => `note: ${notice}`),
  ].join('\n');
}
