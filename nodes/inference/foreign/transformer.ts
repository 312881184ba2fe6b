import { UserError } from '../../core/errors.ts';
import { elementCount, type Tensor, tensor } from '../../core/tensor.ts';
import type { AdapterStrength } from '../adapters/blocks.ts';
import { adaptGraph } from '../adapters/inject.ts';
import { type AdapterStack, builtInStack, type LiveAdapter } from '../adapters/live-adapter.ts';
import type { LiveBranches } from '../adapters/live-branch.ts';
import type { TransformerNetwork } from '../networks.ts';
import type { Dim } from '../onnx/types.ts';
import { type Feed, Session } from '../ort/session.ts';
import type { SessionSettings } from '../ort/session-options.ts';
import { paddedLength } from '../zimage/positions.ts';
import type { PreparedCaption } from '../zimage/transformer.ts';
import { type BoundGraph, bindModel } from './boundary.ts';
import type { ForeignTransformerPart } from './foreign-part.ts';
import type { TransformerSignature } from './signature.ts';

interface OpenGraph {
  readonly bound: BoundGraph;
  readonly branches: LiveBranches;
  readonly session: Session;
}

/**
 * A Z-Image transformer that came as a ready-made graph. Exports take one image at a time, so a batch
 * runs image by image.
 */
export class ForeignTransformer implements TransformerNetwork {
  readonly #part: ForeignTransformerPart;
  readonly #settings: SessionSettings;
  readonly #stack: AdapterStack;
  #open: Promise<OpenGraph> | undefined;

  constructor(
    part: ForeignTransformerPart,
    settings: SessionSettings,
    adapters: readonly LiveAdapter[] = [],
  ) {
    this.#part = part;
    this.#settings = settings;
    this.#stack = builtInStack(adapters);
  }

  async prepareCaption(features: Tensor): Promise<PreparedCaption> {
    const [tokens = 0, width = 0] = features.dims;
    const { captionDim, padsCaption } = this.#part.signature;
    if (tokens === 0 || (captionDim !== undefined && width !== captionDim))
      throw new RangeError(
        `Caption features are [${features.dims.join(', ')}], this model takes [tokens, ${captionDim ?? 'features'}].`,
      );
    const length = padsCaption ? paddedLength(tokens) : tokens;
    const rows = new Float32Array(length * width);
    rows.set(features.data);
    // What fills up is the last token again: that is what such exports were made with.
    for (let row = tokens; row < length; row++)
      rows.copyWithin(row * width, (tokens - 1) * width, tokens * width);
    return { features, refined: tensor([1, length, width], rows), strengths: '' };
  }

  /** @throws UserError where the runtime fails or the graph gives something else than it promised */
  async velocity(
    latents: Tensor,
    sigma: number,
    captions: readonly PreparedCaption[],
    strengths: readonly AdapterStrength[] = [],
  ): Promise<Tensor> {
    const [batch = 0, ...size] = latents.dims;
    const velocity = new Float32Array(latents.data.length);
    const pixels = elementCount(size);
    for (let image = 0; image < batch; image++) {
      const caption = captions[captions.length === 1 ? 0 : image];
      if (!caption) throw new RangeError(`Image ${image} has no caption.`);
      const given = latents.data.subarray(image * pixels, (image + 1) * pixels);
      velocity.set(await this.#predict(given, size, sigma, caption, strengths), image * pixels);
    }
    return { dims: latents.dims, data: velocity };
  }

  async dispose(): Promise<void> {
    await (await this.#open)?.session.release();
    this.#open = undefined;
  }

  async #predict(
    data: Float32Array,
    size: readonly number[],
    sigma: number,
    { refined }: PreparedCaption,
    strengths: readonly AdapterStrength[],
  ): Promise<Float32Array> {
    const { latents, time, caption, prediction, timeScale, timeShift, velocityScale } = this.#part.signature;
    checkSizes(this.#part.signature, size, refined.dims[1] ?? 0);
    this.#open ??= this.#create();
    const { bound, branches, session } = await this.#open;
    const results = await session.run({
      ...branches.feeds(this.#stack, strengths),
      [bound.input(latents).name]: { dims: dimsFor(latents.shape.length, latents.shape[0], size), data },
      [bound.input(caption).name]: refined,
      [bound.input(time).name]: timeFeed(
        timeScale * (1 - sigma) + timeShift,
        bound.input(time).dtype,
        time.shape.length,
      ),
    });
    const result = results[bound.output(prediction).name]?.data;
    if (result?.length !== data.length)
      throw new Error(
        `The transformer gave ${result?.length ?? 'no'} values for a latent of ${data.length}.`,
      );
    return result.map((value) => value * velocityScale);
  }

  async #create(): Promise<OpenGraph> {
    const { model, signature, layers } = this.#part;
    const adapters = this.#stack.map(({ live }) => live);
    const bound = bindModel(model, 'diffusion transformer', [signature.prediction]);
    const { graph, branches } = adaptGraph(bound.graph, layers.byModule, adapters);
    return { bound, branches, session: await Session.create(graph, this.#settings) };
  }
}

/** Pixels of a latent's side. */
const LATENT_PIXELS = 8;

/**
 * An export may be made for one size of picture, or one length of prompt, only.
 * @throws UserError where it is for another
 */
function checkSizes(
  { latents, caption }: TransformerSignature,
  size: readonly number[],
  tokens: number,
): void {
  const [height, width] = size.slice(-2);
  const [ownHeight, ownWidth] = latents.shape.slice(-2);
  const differs = (own: Dim | undefined, asked: number | undefined) =>
    typeof own === 'number' && own !== asked;
  if (differs(ownHeight, height) || differs(ownWidth, width)) {
    const pixels = (side: Dim | undefined) => (typeof side === 'number' ? side * LATENT_PIXELS : 'any');
    throw new UserError(
      `This ONNX transformer makes pictures of ${pixels(ownWidth)}×${pixels(ownHeight)} only, not of ${pixels(width)}×${pixels(height)}.`,
      { hint: 'Set that size, or use an export for any size.' },
    );
  }
  if (differs(caption.shape[1], tokens))
    throw new UserError(
      `This ONNX transformer takes prompts of ${caption.shape[1]} tokens only, and this one has ${tokens} as it is fed.`,
      { hint: 'Write a prompt of another length, or use an export for any length.' },
    );
}

/** One latent [channels, height, width] in the axes a graph takes: with batch, frames, both or none in front. */
function dimsFor(rank: number, first: number | string | undefined, size: readonly number[]): number[] {
  const [channels = 0, height = 0, width = 0] = size;
  if (rank === 5) return [1, channels, 1, height, width];
  return first === channels ? [channels, 1, height, width] : [1, channels, height, width];
}

function timeFeed(value: number, dtype: string, rank: number): Feed {
  const dims = rank === 0 ? [] : [1];
  if (dtype === 'int64') return { dims, data: BigInt64Array.of(BigInt(Math.round(value))) };
  if (dtype === 'int32') return { dims, data: Int32Array.of(Math.round(value)) };
  return { dims, data: Float32Array.of(value) };
}
