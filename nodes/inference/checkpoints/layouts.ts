import { UserError } from '../../core/errors.ts';
import { isAdapterFactor } from './adapter-summary.ts';
import type { Architecture, Layout, PartKind } from './architecture.ts';
import { autoencoderKl } from './autoencoder-kl.ts';
import { qwen3 } from './qwen3.ts';
import type { WeightSource } from './weights.ts';
import { counted, listed } from './wording.ts';
import { zimage } from './zimage.ts';

export const architectures: { readonly [K in PartKind]: Architecture<K> } = {
  transformer: zimage,
  'text-encoder': qwen3,
  vae: autoencoderKl,
};

const partKinds: readonly PartKind[] = ['transformer', 'text-encoder', 'vae'];

/** A part found in a file, told by the names of its weights. */
export interface DetectedPart {
  readonly part: PartKind;
  /** Architecture and naming, such as `zimage/comfyui`. */
  readonly layout: string;
  /** What every name of this part begins with in the file. */
  readonly prefix: string;
  readonly naming: Layout;
}

export type Detection =
  /** One part, or several in a checkpoint that holds a whole model. */
  | { readonly kind: 'parts'; readonly parts: readonly DetectedPart[] }
  | { readonly kind: 'adapter' }
  /** `why` completes "This file …". */
  | { readonly kind: 'unknown'; readonly why: string };

/** Tells what a safetensors file holds from the names of its tensors. */
export function detectPart(tensors: ReadonlyMap<string, unknown>): Detection {
  const parts = partKinds.flatMap((part) => {
    const { id, layouts } = architectures[part];
    return layouts.flatMap((naming) =>
      prefixesOf(tensors, naming).map((prefix) => ({ part, layout: `${id}/${naming.name}`, prefix, naming })),
    );
  });
  if (parts.length > 0) return { kind: 'parts', parts };
  for (const name of tensors.keys()) {
    if (isAdapterFactor(name)) return { kind: 'adapter' };
  }
  return { kind: 'unknown', why: explain(tensors) };
}

function prefixesOf(tensors: ReadonlyMap<string, unknown>, { signature }: Layout): string[] {
  const [first, ...others] = signature;
  const prefixes: string[] = [];
  for (const name of tensors.keys()) {
    if (name !== first && !name.endsWith(`.${first}`)) continue;
    const prefix = name.slice(0, name.length - first.length);
    if (others.every((other) => tensors.has(prefix + other))) prefixes.push(prefix);
  }
  return prefixes;
}

/** Other models people have, by a name only they use. */
const strangers: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)double_blocks\.0\./, 'a Flux transformer'],
  [/(^|\.)joint_blocks\.0\./, 'a Stable Diffusion 3 transformer'],
  [
    /(^|\.)transformer_blocks\.0\.(attn|img_mlp)/,
    'another diffusers transformer (such as Flux or Qwen-Image)',
  ],
  [/(^|\.)input_blocks\.0\.|(^|\.)down_blocks\.0\.attentions\./, 'a Stable Diffusion UNet'],
  [/(^|\.)text_model\.encoder\.layers\.0\./, 'a CLIP text encoder'],
  [/(^|\.)block\.0\.layer\.0\.SelfAttention\./, 'a T5 text encoder'],
  [/(^|\.)layers\.0\.self_attn\.q_proj\./, 'a language model other than Qwen3'],
  [/(^|\.)cap_embedder\.1\.weight$/, 'a Lumina or Z-Image transformer with parts missing'],
  [/(^|\.)decoder\./, 'an autoencoder of another kind'],
];

function explain(tensors: ReadonlyMap<string, unknown>): string {
  if (tensors.size === 0) return 'holds no tensors';
  const names = [...tensors.keys()];
  const stranger = strangers.find(([sign]) => names.some((name) => sign.test(name)))?.[1];
  if (stranger !== undefined) return `looks like ${stranger}`;
  return `holds ${counted(names.length, 'tensor')} that belong to no model Kronode knows: ${listed(names, 3)}`;
}

export interface NamedWeights {
  /** Under diffusers names. */
  readonly weights: ReadonlyMap<string, WeightSource>;
  /** The name in the file behind each diffusers name. */
  readonly nameInFile: ReadonlyMap<string, string>;
  /** Names in the file that are no weight of this part nor of another one in the same file. */
  readonly strayKeys: readonly string[];
}

/**
 * One detected part's weights under their diffusers names; the bytes stay where they are.
 *
 * @param all every part found in the file
 * @throws UserError where two names mean the same weight
 */
export function nameWeights(
  tensors: ReadonlyMap<string, WeightSource>,
  { prefix, naming }: DetectedPart,
  all: readonly DetectedPart[],
  where: string,
): NamedWeights {
  const own = new Map<string, WeightSource>();
  const strayKeys: string[] = [];
  for (const [name, source] of tensors) {
    if (name.startsWith(prefix)) own.set(name.slice(prefix.length), source);
    else if (!all.some((other) => name.startsWith(other.prefix))) strayKeys.push(name);
  }
  const weights = new Map<string, WeightSource>();
  const nameInFile = new Map<string, string>();
  for (const [name, source] of own) {
    const renamed = naming.rename(name, source, own);
    if (renamed.length === 0) strayKeys.push(prefix + name);
    for (const [canonical, view] of renamed) {
      const other = nameInFile.get(canonical);
      if (other !== undefined) {
        throw new UserError(`${where} holds one weight twice, as ${listed([other, prefix + name])}.`, {
          hint: 'The file mixes two layouts; use the original one.',
        });
      }
      weights.set(canonical, view);
      nameInFile.set(canonical, prefix + name);
    }
  }
  return { weights, nameInFile, strayKeys };
}
