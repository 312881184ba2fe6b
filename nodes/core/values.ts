import type { CurvePoint } from './curve.ts';
import type { Precision } from './precision.ts';
import type { Tensor } from './tensor.ts';

/**
 * What flows along the wires. Model-like values are *recipes*: plain data that names files and
 * settings. Weights are touched only when a sampler, encoder or decoder needs a session.
 */

/** A file inside a registered model folder, told by its content. */
export interface FileReference {
  /** Path as people see it: relative to the model folder it was found in, with forward slashes. */
  readonly name: string;
  /** SHA-256 of the content, lower-case hex; for a folder, of its sorted file hashes. */
  readonly sha256: string;
}

/** One part (network) of a model and where its weights are. */
export interface PartReference {
  readonly file: FileReference;
  /** Architecture and layout as detected from the content, e.g. `zimage/diffusers`. */
  readonly layout: string;
  /** What a person asked for; without it, what fits. */
  readonly precision?: Precision;
}

/** An adapter laid over a model; the strength is bound at run time, per step. */
export interface AdapterUse {
  readonly file: FileReference;
  /** One strength for the whole run, or one per step (the last one repeats). */
  readonly strength: number | readonly number[];
  /** Factor on the strength along the run, from its first step (x = 0) to its last (x = 1). */
  readonly curve?: readonly CurvePoint[];
  /** Factors on the strength by block, such as `layers.3` or `noise_refiner.0`; 1 for the others. */
  readonly blocks?: Readonly<Record<string, number>>;
}

/** MODEL: a diffusion transformer with what is laid over it. */
export interface ModelRecipe {
  readonly part: PartReference;
  readonly adapters: readonly AdapterUse[];
  /** The flow schedule's own shift, from the checkpoint's scheduler settings (3 for Z-Image-Turbo). */
  readonly shift: number;
  /** Models that take over during a run, each from a step on (counted from 0), in this order. */
  readonly later?: readonly { readonly from: number; readonly model: Omit<ModelRecipe, 'later'> }[];
}

/** TEXT_ENCODER: a Qwen3 encoder; its tokenizer is found beside it. */
export interface TextEncoderRecipe {
  readonly part: PartReference;
}

/** VAE: an AutoencoderKL. */
export interface VaeRecipe {
  readonly part: PartReference;
  readonly scalingFactor: number;
  readonly shiftFactor: number;
  readonly latentChannels: number;
  /** Memory one tile may take beside the model this one came with. */
  readonly tileBytes?: number;
}

/** CONDITIONING: caption features per image of a batch (one entry serves every image). */
export interface Conditioning {
  readonly captions: readonly {
    readonly text: string;
    /** [tokens, features]: the text encoder's hidden_states[-2] without padding. */
    readonly features: Tensor;
  }[];
}

/** LATENT: model-space latents [batch, channels, height / 8, width / 8]. */
export interface Latent {
  readonly samples: Tensor;
  /** The autoencoder's latent scaling these samples carry; lets a decoder refuse the wrong VAE. */
  readonly channels: number;
}

/** IMAGE: pixels [batch, height, width, 3], RGB, 0 to 1. */
export interface Image {
  readonly pixels: Tensor;
}

/** MASK: [batch, height, width], 0 to 1. */
export interface Mask {
  readonly values: Tensor;
}

/** Whose random numbers a seed means. */
export type NoiseGenerator = 'cpu' | 'cuda';

/** NOISE: drawn when the latent's shape is known. Every image of a batch after the first draws on, as in PyTorch. */
export interface NoiseRecipe {
  readonly generator: NoiseGenerator;
  /** Unsigned 64-bit. One seed draws the whole batch at once; a list draws one image per seed. */
  readonly seeds: readonly bigint[];
  /** Spherical mix towards the noise of another seed: 0 = none, 1 = the other. */
  readonly variation?: { readonly seed: bigint; readonly strength: number };
}

/** SIGMAS: explicit noise levels, descending; n + 1 values for n steps, usually ending in 0. */
export type Sigmas = readonly number[];

/** SAMPLER: an algorithm and its settings. */
export interface SamplerChoice {
  readonly name: string;
  /** Amount of fresh noise per step for ancestral samplers (1 = full). */
  readonly eta?: number;
}
