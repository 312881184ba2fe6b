import type { ScannedModel } from '../onnx/scan.ts';
import type { LinearLayers } from './linear-layers.ts';
import type { TextEncoderSignature, TransformerSignature, VaeSignature } from './signature.ts';

/** A transformer that came as a ready-made graph. */
export interface ForeignTransformerPart {
  readonly model: ScannedModel;
  readonly signature: TransformerSignature;
  /** Where adapters can act. */
  readonly layers: LinearLayers;
}

/** A text encoder that came as a ready-made graph. */
export interface ForeignTextEncoderPart {
  readonly model: ScannedModel;
  readonly signature: TextEncoderSignature;
}

/** One half of an autoencoder. */
export interface ForeignVaeHalf {
  readonly model: ScannedModel;
  readonly signature: VaeSignature;
}

/** An autoencoder that came as one or two ready-made graphs. */
export interface ForeignVaePart {
  readonly decoder: ForeignVaeHalf;
  readonly encoder: ForeignVaeHalf | undefined;
}

/** The parts of a model that were exported as ONNX, by their kind. */
export interface ForeignParts {
  readonly transformer: ForeignTransformerPart;
  readonly 'text-encoder': ForeignTextEncoderPart;
  readonly vae: ForeignVaePart;
}
