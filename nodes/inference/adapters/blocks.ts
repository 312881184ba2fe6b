import type { MatrixSize } from './adapter.ts';

const block = /^(layers|noise_refiner|context_refiner)[._](\d+)[._]/;

/**
 * The block a module belongs to, such as `layers.3` or `noise_refiner.0`; modules outside of blocks
 * (embedders, final layer) are a block of their own, named by their first part.
 */
export function blockOf(module: string): string {
  const [, group, index] = block.exec(module) ?? [];
  return group === undefined ? (module.split('.')[0] ?? module) : `${group}.${index}`;
}

/** Sizes of all linear layers of a network, by module, in its order. */
export function layerSizes(
  weights: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): ReadonlyMap<string, MatrixSize> {
  const layers = new Map<string, MatrixSize>();
  for (const [name, { shape }] of weights) {
    const [rows, columns, ...rest] = shape;
    if (name.endsWith(SUFFIX) && rows !== undefined && columns !== undefined && rest.length === 0)
      layers.set(name.slice(0, -SUFFIX.length), { rows, columns });
  }
  return layers;
}

const SUFFIX = '.weight';

export const blocksOf = (modules: Iterable<string>): string[] => [
  ...new Set([...modules].map((module) => blockOf(module))),
];

/** How strongly an adapter acts. */
export interface AdapterStrength {
  readonly strength: number;
  /** Factors by block name; 1 for the others. */
  readonly blocks?: Readonly<Record<string, number>>;
}

export const strengthIn = (block: string, { strength, blocks }: AdapterStrength): number => {
  const own = blocks !== undefined && Object.hasOwn(blocks, block) ? blocks[block] : undefined;
  return strength * (own ?? 1);
};
