import type { Tensor } from '../core/tensor.ts';
import type { AdapterStrength } from './adapters/blocks.ts';
import type { PreparedCaption } from './zimage/transformer.ts';

/** A diffusion transformer, built from weights or exported by somebody else. */
export interface TransformerNetwork {
  /** What depends on the caption [tokens, features] alone. */
  prepareCaption(features: Tensor, strengths?: readonly AdapterStrength[]): Promise<PreparedCaption>;
  /** Velocity dx/dsigma at latents [batch, channels, height, width] and noise level `sigma`. */
  velocity(
    latents: Tensor,
    sigma: number,
    captions: readonly PreparedCaption[],
    strengths?: readonly AdapterStrength[],
  ): Promise<Tensor>;
  /** As `velocity`, with strengths for each image; networks that cannot do so have none. */
  imageVelocity?(
    latents: Tensor,
    sigma: number,
    captions: readonly PreparedCaption[],
    strengths: readonly (readonly AdapterStrength[])[],
  ): Promise<Tensor>;
  dispose(): Promise<void>;
}

/** A text encoder, built from weights or exported by somebody else. */
export interface TextEncoderNetwork {
  /** hidden_states[-2] [tokens, hidden] of one caption. */
  encode(ids: readonly number[]): Promise<Tensor>;
  dispose(): Promise<void>;
}
