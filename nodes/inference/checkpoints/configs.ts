/**
 * What graph building has to know about a part beside its weights. Read from `config.json` where
 * there is one, otherwise from the shapes of the weights; checked against those shapes either way.
 */

/** Z-Image's single-stream diffusion transformer (`ZImageTransformer2DModel` in diffusers). */
export interface ZImageConfig {
  /** Latent channels; a patch token has `inChannels · patchSize²` features. */
  readonly inChannels: number;
  readonly patchSize: number;
  readonly dim: number;
  readonly heads: number;
  /** `dim / heads`; also the sum of `axesDims`. */
  readonly headDim: number;
  /** Blocks over image and caption together (`layers.N`). */
  readonly layers: number;
  /** Blocks of `noise_refiner` and of `context_refiner` each; may be 0. */
  readonly refinerLayers: number;
  /** Rows of `feed_forward.w1`; ⌊8/3 · dim⌋ in all known models. */
  readonly feedForwardWidth: number;
  /** Width of the text encoder's features (`cap_feat_dim`). */
  readonly captionDim: number;
  /** Width of the time embedding every modulation reads: min(dim, 256). */
  readonly timeDim: number;
  /** Of every RMSNorm, the query and key norms included. */
  readonly normEps: number;
  readonly ropeTheta: number;
  /** Multiplies the model time before its sinusoidal embedding. */
  readonly timeScale: number;
  /** Channels of a head that each position axis (sequence or frame, row, column) rotates. */
  readonly axesDims: readonly [number, number, number];
  /** Number of positions the model was made for, per axis. */
  readonly axesLens: readonly [number, number, number];
}

/** Z-Image-Turbo, as published. */
export const zimageTurbo: ZImageConfig = {
  inChannels: 16,
  patchSize: 2,
  dim: 3840,
  heads: 30,
  headDim: 128,
  layers: 30,
  refinerLayers: 2,
  feedForwardWidth: 10_240,
  captionDim: 2560,
  timeDim: 256,
  normEps: 1e-5,
  ropeTheta: 256,
  timeScale: 1000,
  axesDims: [32, 48, 48],
  axesLens: [1536, 512, 512],
};

/** The Qwen3 text encoder (`Qwen3Model` in transformers). */
export interface Qwen3Config {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  /**
   * Of the whole model. The features are hidden_states[-2], so the last layer and the final norm
   * are never run and may be absent from the weights.
   */
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly feedForwardWidth: number;
  readonly normEps: number;
  readonly ropeTheta: number;
}

/** Qwen3-4B, as published: Z-Image's text encoder. */
export const qwen3With4B: Qwen3Config = {
  vocabularySize: 151_936,
  hiddenSize: 2560,
  layers: 36,
  heads: 32,
  keyValueHeads: 8,
  headDim: 128,
  feedForwardWidth: 9728,
  normEps: 1e-6,
  ropeTheta: 1_000_000,
};

/** A Flux-style variational autoencoder (`AutoencoderKL` in diffusers, without quant convolutions). */
export interface AutoencoderConfig {
  /** Channels of a picture; 3. */
  readonly imageChannels: number;
  readonly latentChannels: number;
  /** From the picture to the latent; each entry after the first halves both sides. */
  readonly blockOutChannels: readonly number[];
  /** Resnets per encoder block; decoder blocks have one more. */
  readonly layersPerBlock: number;
  readonly normGroups: number;
  /** Model space = (latent − shift) · scaling. */
  readonly scalingFactor: number;
  readonly shiftFactor: number;
  /** False for a file that holds only the decoder. */
  readonly hasEncoder: boolean;
}
