const block = /^(layers|noise_refiner|context_refiner)[._](\d+)[._]/;

/**
 * The block a module belongs to, such as `layers.3` or `noise_refiner.0`; modules outside of blocks
 * (embedders, final layer) are a block of their own, named by their first part.
 */
export function blockOf(module: string): string {
  const [, group, index] = block.exec(module) ?? [];
  return group === undefined ? (module.split('.')[0] ?? module) : `${group}.${index}`;
}

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
