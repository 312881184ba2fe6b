import { counted, listed } from '../checkpoints/wording.ts';
import type { ScannedModel } from '../onnx/scan.ts';
import type { Dim, Value } from '../onnx/types.ts';
import { affineFrom, affineTo, GraphIndex } from './graph-index.ts';

/** A transformer that predicts the next step. */
export interface TransformerSignature {
  readonly kind: 'transformer';
  /** [batch, channels, height, width], with an axis of frames before height, or without batch. */
  readonly latents: Value;
  readonly time: Value;
  /** [batch, tokens, features] */
  readonly caption: Value;
  readonly prediction: Value;
  readonly channels: number;
  /** Undefined where the graph leaves it open. */
  readonly captionDim: number | undefined;
  /** What is fed as time is `timeScale · (1 − sigma) + timeShift`. */
  readonly timeScale: number;
  readonly timeShift: number;
  /** Velocity dx/dsigma = `velocityScale` · what the graph gives. */
  readonly velocityScale: number;
  /** Captions have to be filled up to a multiple of 32 before they are fed. */
  readonly padsCaption: boolean;
}

export interface TextEncoderSignature {
  readonly kind: 'text-encoder';
  readonly ids: Value;
  readonly mask: Value | undefined;
  readonly positions: Value | undefined;
  readonly features: Value;
  readonly hiddenSize: number | undefined;
  readonly vocabularySize: number | undefined;
}

/** Half of an autoencoder; latents as it knows them are `scale · (VAE space) + shift`. */
export interface VaeSignature {
  readonly kind: 'vae-decoder' | 'vae-encoder';
  readonly input: Value;
  readonly output: Value;
  readonly channels: number;
  readonly scale: number;
  readonly shift: number;
}

/** What a bundle does to latents before its decoder: z = latent / scalingFactor + shiftFactor. */
export interface LatentScaling {
  readonly scalingFactor: number;
  readonly shiftFactor: number;
}

export type Signature =
  | TransformerSignature
  | TextEncoderSignature
  | VaeSignature
  /** Part of an export that Kronode does itself, such as the scheduler's step. */
  | { readonly kind: 'helper'; readonly scaling?: LatentScaling }
  /** `why` completes "This model …". */
  | { readonly kind: 'unknown'; readonly why: string };

const LATENT_CHANNELS = 16;
/** Units of the model's time per sigma. */
const TIME_UNITS = 1000;

const isFloat = ({ dtype }: Value) => ['float32', 'float16', 'bfloat16', 'float64'].includes(dtype);
const isInteger = ({ dtype }: Value) => dtype === 'int64' || dtype === 'int32';
const fits = (size: Dim | undefined, wanted: number) => size === wanted || typeof size === 'string';
const sizeOf = (size: Dim | undefined): number | undefined => (typeof size === 'number' ? size : undefined);

/**
 * Tells what an ONNX model computes for an image model, from its inputs, outputs and the arithmetic at
 * its ends. Names of files play no part, names of inputs only where types and shapes leave a choice.
 */
export function signatureOf(model: ScannedModel): Signature {
  const index = new GraphIndex(model);
  const { inputs } = model;
  const ids = inputs.find((input) => isInteger(input) && /input_?ids|^ids$|token/i.test(input.name));
  if (ids) return textEncoder(index, ids);
  const [only] = inputs;
  if (only && inputs.length === 1) return vaePart(index, only);
  return transformer(index);
}

function textEncoder(index: GraphIndex, ids: Value): Signature {
  const { inputs, outputs } = index.model;
  const others = inputs.filter((input) => input !== ids);
  const mask = others.find(({ name }) => /mask/i.test(name));
  const positions = others.find(({ name }) => /position/i.test(name));
  const strange = others.filter((input) => input !== mask && input !== positions);
  const unknown = (why: string): Signature => ({ kind: 'unknown', why });
  if (strange.length > 0)
    return unknown(
      strange.some(({ name }) => /past|cache/i.test(name))
        ? 'writes text token by token; an encoder export without a cache is needed'
        : `needs the inputs ${listed(strange.map(({ name }) => name))}, which no text encoder of Z-Image has`,
    );
  const candidates = outputs.filter((output) => isFloat(output) && output.shape.length === 3);
  const features = candidates.find(({ name }) => /hidden|encod/i.test(name)) ?? candidates[0];
  if (!features) return unknown('gives no features per token');
  if (/logits/i.test(features.name)) return unknown('gives the next word and no features of the prompt');
  const { maker, value } = affineTo(index, features.name);
  // A graph that ends in a norm gives the last layer's features; Z-Image takes those before the last layer.
  const isNormed =
    maker !== undefined &&
    /LayerNormalization$|^RMSNormalization$|^Mul$/.test(maker.op) &&
    maker.outputs[0] === value;
  if (isNormed)
    return unknown(
      'gives the features of the last layer after its norm; Z-Image takes those before the last layer (hidden_states[-2])',
    );
  const table = index
    .readers(ids.name)
    .find(({ op }) => /^Gather/.test(op))
    ?.inputs.map((name) => index.constant(name))
    .find((constant) => (constant?.shape.length ?? 0) >= 2);
  return {
    kind: 'text-encoder',
    ids,
    mask,
    positions,
    features,
    hiddenSize: sizeOf(features.shape[2]),
    vocabularySize: table?.shape[0],
  };
}

function vaePart(index: GraphIndex, input: Value): Signature {
  const unknown = (why: string): Signature => ({ kind: 'unknown', why });
  if (!isFloat(input) || input.shape.length < 4 || index.model.outputs.length === 0)
    return unknown(
      `takes ${input.dtype}[${input.shape.join(', ')}] and is no part of an image model Kronode knows`,
    );
  const hasWeights = index.model.weightBytes > 4096;
  const pictures = index.model.outputs.filter((output) => isFloat(output) && output.shape.length === 4);
  const [output] = pictures;
  if (!hasWeights || !output) return { kind: 'helper', ...(output && scalingIn(index, output)) };
  const [, given] = output.shape;
  const convolution = index.model.nodes.find(({ op }) => op === 'Conv');
  const kernel = convolution && index.constant(convolution.inputs[1] ?? '')?.shape;
  const taken = sizeOf(input.shape[1]) ?? kernel?.[1];
  if (taken === LATENT_CHANNELS && fits(given, 3)) {
    const { scale, shift } = affineFrom(index, input.name);
    return {
      kind: 'vae-decoder',
      input,
      output,
      channels: LATENT_CHANNELS,
      scale: 1 / scale,
      shift: -shift / scale,
    };
  }
  if (taken === 3 && (fits(given, LATENT_CHANNELS) || fits(given, 2 * LATENT_CHANNELS))) {
    if (index.model.nodes.some(({ op }) => /^Random|^Multinomial$|^Bernoulli$/.test(op)))
      return unknown('draws noise while it encodes; an encoder that gives mean and log-variance is needed');
    const { scale, shift } = affineTo(index, output.name);
    return { kind: 'vae-encoder', input, output, channels: sizeOf(given) ?? LATENT_CHANNELS, scale, shift };
  }
  if (taken === 3) return { kind: 'helper' };
  return unknown(
    `works on pictures or latents of ${taken ?? 'unknown'} channels; the autoencoder of Flux has 16`,
  );
}

/** The scaling of latents, where a graph does nothing else. */
function scalingIn(index: GraphIndex, output: Value): { readonly scaling?: LatentScaling } {
  const { scale, shift, maker } = affineTo(index, output.name);
  return maker || scale === 1 ? {} : { scaling: { scalingFactor: 1 / scale, shiftFactor: shift } };
}

function transformer(index: GraphIndex): Signature {
  const { inputs, outputs } = index.model;
  const unknown = (why: string): Signature => ({ kind: 'unknown', why });
  const latents = inputs.find((input) => isFloat(input) && input.shape.length >= 4);
  const prediction = outputs.find((output) => isFloat(output) && output.shape.length >= 4);
  if (!latents || !prediction)
    return unknown(
      `takes ${counted(inputs.length, 'input')} (${listed(inputs.map(({ name }) => name))}), none of them a latent with height and width`,
    );
  const rest = inputs.filter((input) => input !== latents);
  const times = rest.filter((input) => input.shape.length <= 1);
  const time = times.find(({ name }) => /time|sigma|^t$/i.test(name)) ?? times[0];
  const captions = rest.filter((input) => isFloat(input) && input.shape.length === 3);
  const caption = captions.find(({ name }) => /encoder|prompt|cap|context/i.test(name)) ?? captions[0];
  // The scheduler's step of an export: it takes a prediction and holds no weights.
  if (index.model.weightBytes < 4096) return { kind: 'helper' };
  if (!time || !caption) return unknown('takes a latent but no time or no caption');
  const others = rest.filter((input) => input !== time && input !== caption);
  if (others.length > 0)
    return unknown(
      `needs the inputs ${listed(others.map(({ name }) => name))}, which Z-Image does not have; it is a transformer of another family`,
    );
  const channels = channelsOf(latents);
  if (channels !== undefined && channels !== LATENT_CHANNELS)
    return unknown(`works on latents of ${channels} channels; those of Z-Image have ${LATENT_CHANNELS}`);
  return {
    kind: 'transformer',
    latents,
    time,
    caption,
    prediction,
    channels: LATENT_CHANNELS,
    captionDim: sizeOf(caption.shape[2]),
    ...timeOf(index, time),
    velocityScale: -1 / affineTo(index, prediction.name).scale,
    padsCaption: !padsInside(index, latents),
  };
}

/** Channels are the first fixed axis; batch and frames are 1 where they are fixed. */
const channelsOf = ({ shape }: Value): number | undefined =>
  shape.slice(0, 2).find((size): size is number => typeof size === 'number' && size > 1);

/**
 * Z-Image turns 1 − sigma by the angles 1000 · (1 − sigma) · frequency, whose fastest is 1: what the
 * graph multiplies its time by tells whether it is fed 1 − sigma, sigma or thousandths of either.
 */
function timeOf(index: GraphIndex, time: Value): { readonly timeScale: number; readonly timeShift: number } {
  const { scale, shift } = affineFrom(index, time.name);
  const known = [TIME_UNITS, 1].some((unit) => Math.abs(Math.abs(scale) / unit - 1) < 0.01);
  if (known) return { timeScale: TIME_UNITS / scale, timeShift: -shift / scale };
  return { timeScale: isFloat(time) ? 1 : TIME_UNITS, timeShift: 0 };
}

/** Exports with an axis of frames, and those that bring the learned pad token, fill captions up themselves. */
function padsInside(index: GraphIndex, latents: Value): boolean {
  if (latents.shape.length === 5) return true;
  for (const name of index.model.initializers.keys())
    if (/cap_pad_token/.test(name) && index.readers(name).length > 0) return true;
  return false;
}
