import { concatRows, elementCount, type Tensor, tensor } from '../../core/tensor.ts';
import { zerosFor } from '../adapters/adapter-slots.ts';
import { type AdapterStrength, layerSizes } from '../adapters/blocks.ts';
import { KeptStacks } from '../adapters/kept-stacks.ts';
import { type AdapterStack, builtInStack, type LiveAdapter } from '../adapters/live-adapter.ts';
import type { ZImageConfig } from '../checkpoints/configs.ts';
import type { NetworkWeights } from '../checkpoints/weights.ts';
import type { Dim } from '../onnx/types.ts';
import type { Feed, Session } from '../ort/session.ts';
import { CAPTION, IMAGE, JOINT_INPUT, rowsOfImage } from './graphs.ts';
import { type LatentSize, patchCount, patchify, unpatchifyNegated } from './patches.ts';
import { captionPositions, imagePositions, paddedLength } from './positions.ts';
import { SequenceFeeds } from './sequence-feeds.ts';
import { type AdaptedSession, type TransformerSettings, ZImageSessions } from './sessions.ts';
import { timeFeatures } from './time-features.ts';

/** A caption after the part of the network that does not depend on the step. */
export interface PreparedCaption {
  /** [tokens, captionDim], as given. */
  readonly features: Tensor;
  /** [1, paddedTokens, dim] */
  readonly refined: Tensor;
  /** Strengths of the adapters that act on the caption. */
  readonly strengths: string;
}

/** What adapters are fed for some images of a batch, which have so many rows each. */
type AdapterFeeds = (
  images: readonly number[],
  rows: ReadonlyMap<Dim, number>,
) => Readonly<Record<string, Feed>>;

/** What a network has in common with itself under other adapters. */
interface Shared {
  readonly sessions: ZImageSessions;
  readonly sequences: SequenceFeeds;
  readonly stack: AdapterStack;
  /** By their features: captions on which no adapter acts, which are the same under all stacks. */
  readonly unadapted: WeakMap<Tensor, Tensor>;
}

/**
 * The Z-Image diffusion transformer (`ZImageTransformer2DModel` of diffusers) as two graphs: one per
 * prompt, one per step. Sessions are made when they are first needed.
 */
export class ZImageTransformer {
  readonly config: ZImageConfig;
  readonly #shared: Shared;
  /** This network under other adapters. */
  readonly #stacks: KeptStacks<ZImageTransformer>;
  /** Captions at other strengths than they were prepared with. */
  readonly #readapted = new WeakMap<PreparedCaption, Map<string, PreparedCaption>>();

  constructor(
    weights: NetworkWeights,
    config: ZImageConfig,
    settings: TransformerSettings,
    shared: Shared = {
      sessions: new ZImageSessions(weights, config, settings),
      sequences: new SequenceFeeds(config),
      stack: builtInStack(settings.adapters ?? []),
      unadapted: new WeakMap(),
    },
  ) {
    this.config = config;
    this.#shared = shared;
    this.#stacks = new KeptStacks(
      (stack) => new ZImageTransformer(weights, config, settings, { ...shared, stack }),
      zerosFor(layerSizes(weights)),
      settings.adapters ?? [],
    );
  }

  /** Memory it takes beside its sessions: factors in its slots. */
  get extraBytes(): number {
    return this.#stacks.bytes;
  }

  /**
   * This network under other adapters: those that fit take its slots, if it has any; the others have to be
   * those that were built in. It runs in the same sessions, and goes with them.
   */
  adaptedBy(adapters: readonly LiveAdapter[]): Promise<ZImageTransformer> {
    return this.#shared.sessions.hasSlots ? this.#stacks.of(adapters) : Promise.resolve(this);
  }

  /**
   * Refines the features [tokens, captionDim] of one caption.
   * @param strengths of the adapters, in their order; those without one are off
   * @throws UserError where the runtime fails
   */
  async prepareCaption(
    features: Tensor,
    strengths: readonly AdapterStrength[] = [],
  ): Promise<PreparedCaption> {
    const [tokens = 0, width] = features.dims;
    const { captionDim } = this.config;
    if (width !== captionDim || tokens === 0)
      throw new RangeError(
        `Caption features are [${features.dims.join(', ')}], this model takes [tokens, ${captionDim}].`,
      );
    const { sessions, stack, unadapted } = this.#shared;
    const { session, branches } = await sessions.caption();
    const isAdapted = branches.acts(stack, strengths);
    const known = isAdapted ? undefined : unadapted.get(features);
    const refined = known ?? (await this.#refine(features, session, branches.feeds(stack, strengths)));
    if (!isAdapted) unadapted.set(features, refined);
    return { features, refined, strengths: branches.keyOf(stack, strengths) };
  }

  /** [tokens, captionDim] → [1, paddedTokens, dim] */
  async #refine(
    features: Tensor,
    session: Session,
    adapterFeeds: Readonly<Record<string, Feed>>,
  ): Promise<Tensor> {
    const { captionDim, dim, refinerLayers } = this.config;
    const [tokens = 0] = features.dims;
    const length = paddedLength(tokens);
    const rows = new Float32Array(length * captionDim);
    rows.set(features.data);
    const sequence = () =>
      this.#shared.sequences.of(CAPTION, 1, `caption ${length}`, () => captionPositions(length));
    const { refined } = await session.run({
      ...adapterFeeds,
      features: { dims: [length, captionDim], data: rows },
      padding: paddingMask(1, tokens, length),
      ...(refinerLayers > 0 && sequence()),
    });
    return tensor([1, length, dim], refined?.data);
  }

  /**
   * Velocity dx/dsigma at `latents` [batch, channels, height, width] (sides even).
   * @param sigma noise level 1 … 0; the network is told 1 − sigma
   * @param captions one for all images, or one for each; those of equal length run together
   * @param strengths of the adapters, in their order; those without one are off
   */
  async velocity(
    latents: Tensor,
    sigma: number,
    captions: readonly PreparedCaption[],
    strengths: readonly AdapterStrength[] = [],
  ): Promise<Tensor> {
    this.#check(latents, captions);
    const adapted: PreparedCaption[] = [];
    for (const caption of captions) adapted.push(await this.#atStrengths(caption, strengths));
    const { sessions, stack } = this.#shared;
    const bare = strengths.some(acts) ? undefined : await sessions.bareStep();
    if (bare) return this.#velocity(latents, sigma, adapted, bare, () => ({}));
    const part = await sessions.step();
    return this.#velocity(latents, sigma, adapted, part, () => part.branches.feeds(stack, strengths));
  }

  /**
   * As {@link velocity}, for a batch whose images have strengths of their own: the weights are read once
   * for all of them. The first time, it makes a session that can do so.
   */
  async imageVelocity(
    latents: Tensor,
    sigma: number,
    captions: readonly PreparedCaption[],
    strengths: readonly (readonly AdapterStrength[])[],
  ): Promise<Tensor> {
    this.#check(latents, captions);
    const adapted: PreparedCaption[] = [];
    for (const [image, own] of strengths.entries())
      adapted.push(await this.#atStrengths(captionOf(captions, image), own));
    const { sessions, stack } = this.#shared;
    const part = await sessions.mixed();
    return this.#velocity(latents, sigma, adapted, part, (images, rows) =>
      part.branches.imageFeeds(stack, { images: images.map((image) => strengths[image] ?? []), rows }),
    );
  }

  #check({ dims }: Tensor, captions: readonly PreparedCaption[]): void {
    const [batch = 0, channels = 0, height = 0, width = 0] = dims;
    const { inChannels, patchSize } = this.config;
    if (channels !== inChannels || height % patchSize !== 0 || width % patchSize !== 0 || batch === 0)
      throw new RangeError(
        `Latents are [${dims.join(', ')}]; this model takes [batch, ${inChannels}, even, even].`,
      );
    if (captions.length !== 1 && captions.length !== batch)
      throw new RangeError(`${captions.length} captions were given for ${batch} images.`);
  }

  /** @param adapted captions as the adapters refine them, one for all images or one for each */
  async #velocity(
    latents: Tensor,
    sigma: number,
    adapted: readonly PreparedCaption[],
    part: AdaptedSession,
    adapterFeeds: AdapterFeeds,
  ): Promise<Tensor> {
    const [batch = 0, channels = 0, height = 0, width = 0] = latents.dims;
    const groups = new Map<number, number[]>();
    for (let image = 0; image < batch; image++) {
      const length = captionOf(adapted, image).refined.dims[1] ?? 0;
      groups.set(length, [...(groups.get(length) ?? []), image]);
    }
    const velocity = new Float32Array(latents.data.length);
    const size = { channels, height, width };
    for (const images of groups.values())
      await this.#predict(
        latents,
        size,
        sigma,
        images,
        images.map((image) => captionOf(adapted, image)),
        part,
        adapterFeeds,
        velocity,
      );
    return { dims: latents.dims, data: velocity };
  }

  /** Makes both sessions now instead of at their first use. */
  async open(): Promise<void> {
    await this.#shared.sessions.caption();
    await this.#shared.sessions.step();
  }

  /** Releases the sessions, of this network under all adapters. */
  dispose(): Promise<void> {
    return this.#shared.sessions.dispose();
  }

  /** Runs the step for some images of a batch, whose captions have one length, into `velocity`. */
  async #predict(
    latents: Tensor,
    size: LatentSize,
    sigma: number,
    images: readonly number[],
    captions: readonly PreparedCaption[],
    { session, branches }: AdaptedSession,
    adapterFeeds: AdapterFeeds,
    velocity: Float32Array,
  ): Promise<void> {
    const { dim, timeScale, refinerLayers, inChannels, patchSize } = this.config;
    const { sequences } = this.#shared;
    const batch = images.length;
    const tokens = patchCount(size);
    const imageTokens = paddedLength(tokens);
    const features = inChannels * patchSize ** 2;
    const pixels = elementCount([size.channels, size.height, size.width]);
    const caption = concatRows(captions.map(({ refined }) => refined));
    const captionTokens = caption.dims[1] ?? 0;
    const patches = new Float32Array(batch * imageTokens * features);
    for (const [i, image] of images.entries())
      patchify(
        latents.data.subarray(image * pixels, (image + 1) * pixels),
        size,
        patches,
        i * imageTokens * features,
      );

    const rows = size.height / patchSize;
    const columns = size.width / patchSize;
    const ofImage = () => imagePositions(rows, columns, captionTokens);
    const key = `${rows} ${columns} ${captionTokens}`;
    const { prediction } = await session.run({
      ...adapterFeeds(images, rowsOfImage(imageTokens, captionTokens)),
      patches: { dims: [batch * imageTokens, features], data: patches },
      padding: paddingMask(batch, tokens, imageTokens),
      caption,
      image_shape: { dims: [3], data: BigInt64Array.of(BigInt(batch), BigInt(imageTokens), BigInt(dim)) },
      time: repeated(timeFeatures(1 - sigma, timeScale), branches.perImage ? batch : 1),
      ...(refinerLayers > 0 && sequences.of(IMAGE, batch, `image ${key}`, ofImage)),
      ...sequences.of(JOINT_INPUT, batch, `joint ${key}`, () => [
        ...ofImage(),
        ...captionPositions(captionTokens),
      ]),
    });
    if (!prediction) throw new Error('The diffusion transformer gave no prediction.');
    for (const [i, image] of images.entries())
      unpatchifyNegated(
        prediction.data,
        i * (imageTokens + captionTokens) * features,
        size,
        velocity.subarray(image * pixels, (image + 1) * pixels),
      );
  }

  /** A caption as adapters of these strengths refine it; the last few are kept. */
  async #atStrengths(
    caption: PreparedCaption,
    strengths: readonly AdapterStrength[],
  ): Promise<PreparedCaption> {
    const { sessions, stack } = this.#shared;
    if (stack.length === 0) return caption;
    const key = (await sessions.caption()).branches.keyOf(stack, strengths);
    if (key === caption.strengths) return caption;
    const known = this.#readapted.get(caption) ?? new Map<string, PreparedCaption>();
    this.#readapted.set(caption, known);
    const found = known.get(key) ?? (await this.prepareCaption(caption.features, strengths));
    if (known.size >= MAX_READAPTED) known.clear();
    known.set(key, found);
    return found;
  }
}

/** One per step of a strength curve. */
const MAX_READAPTED = 64;

/** One row, as often as asked for. */
function repeated({ dims: [, width = 0], data }: Tensor, count: number): Tensor {
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++) rows.set(data, row * width);
  return { dims: [count, width], data: rows };
}

const acts = ({ strength }: AdapterStrength): boolean => strength !== 0;

function captionOf(captions: readonly PreparedCaption[], image: number): PreparedCaption {
  const caption = captions[captions.length === 1 ? 0 : image];
  if (!caption) throw new RangeError(`Image ${image} has no caption.`);
  return caption;
}

/** [batch · length, 1]: 1 where a row is padding. */
function paddingMask(batch: number, tokens: number, length: number): Tensor {
  const data = new Float32Array(batch * length);
  for (let i = 0; i < batch; i++) data.fill(1, i * length + tokens, (i + 1) * length);
  return { dims: [batch * length, 1], data };
}
