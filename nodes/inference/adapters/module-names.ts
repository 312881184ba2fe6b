import type { Weights } from '../checkpoints/weights.ts';
import type { MatrixSize, RowRange } from './adapter.ts';

/** A linear layer of the model that a name in an adapter file means. */
export interface ModuleTarget {
  /** Diffusers name without `.weight`. */
  readonly module: string;
  /** The layer's own [out, in]; undefined where no model is at hand, then any shape fits. */
  readonly size: MatrixSize | undefined;
  /** Its part of a matrix that the file stores for several layers, stacked. */
  readonly part: (RowRange & { readonly of: number }) | undefined;
}

/** What stands before module names, by tool; several may stand one after the other. */
const prefixes: readonly string[] = [
  'base_model.model.', // PEFT
  'model.',
  'diffusion_model.', // ComfyUI, ai-toolkit
  'transformer.', // diffusers
  'unet.',
  'lycoris_', // LyCORIS, SimpleTuner
  'lora_unet_', // kohya, musubi-tuner
  'lora_transformer_', // OneTrainer
  'diffusion_model_',
  'transformer_',
];

/** Other spellings of diffusers module names: those of the model's first release, which ComfyUI keeps. */
const spellings: readonly (readonly [RegExp, string])[] = [
  [/^all_x_embedder\.2-1$/, 'x_embedder'],
  [/^all_final_layer\.2-1\./, 'final_layer.'],
  [/\.attention\.to_out\.0$/, '.attention.out'],
  [/\.attention\.to_out\.0$/, '.attention.to_out'],
];

const query = /\.attention\.to_q$/;
/** Names of the stacked matrix of q, k and v. */
const fusedNames = ['.attention.qkv', '.attention.to_qkv'] as const;

/** Finds the layers that names in adapter files mean. */
export type FindModule = (name: string) => readonly ModuleTarget[] | undefined;

/** Every spelling in use of every linear layer of a model. */
export function moduleFinder(weights: Weights): FindModule {
  const targets = new Map<string, readonly ModuleTarget[]>();
  const add = (name: string, found: readonly ModuleTarget[]) => {
    targets.set(name, found);
    // kohya and LyCORIS write underscores for dots.
    targets.set(name.replaceAll('.', '_'), found);
  };
  const linear = (module: string) => {
    const shape = weights.get(`${module}.weight`)?.shape ?? [];
    const [rows, columns] = shape;
    return shape.length === 2 && rows !== undefined && columns !== undefined
      ? { module, size: { rows, columns }, part: undefined }
      : undefined;
  };

  for (const name of weights.keys()) {
    const module = name.replace(/\.weight$/, '');
    const target = name === module ? undefined : linear(module);
    if (target === undefined) continue;
    add(module, [target]);
    for (const [own, other] of spellings) {
      if (own.test(module)) add(module.replace(own, other), [target]);
    }
    if (!query.test(module)) continue;
    const stacked = ['q', 'k', 'v'].map((letter) => linear(module.replace(query, `.attention.to_${letter}`)));
    const present = stacked.filter((found) => found !== undefined);
    if (present.length < stacked.length) continue;
    const of = present.reduce((sum, { size }) => sum + size.rows, 0);
    let from = 0;
    const parts = present.map((found) => {
      const part = { from, count: found.size.rows, of };
      from += found.size.rows;
      return { ...found, part };
    });
    for (const fused of fusedNames) add(module.replace(query, fused), parts);
  }

  return (name) => {
    for (let rest: string | undefined = name; rest !== undefined; rest = withoutPrefix(rest)) {
      const found = targets.get(rest);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** A module's name without what tools put before it. */
export function bareName(name: string): string {
  const rest = withoutPrefix(name);
  return rest === undefined ? name : bareName(rest);
}

/** Takes every name as it is, for looking into a file without a model. */
export const anyModule: FindModule = (name) => [{ module: name, size: undefined, part: undefined }];

function withoutPrefix(name: string): string | undefined {
  const prefix = prefixes.find((candidate) => name.startsWith(candidate));
  return prefix === undefined ? undefined : name.slice(prefix.length);
}
