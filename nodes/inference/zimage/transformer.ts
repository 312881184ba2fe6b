import { concatRows, elementCount, type Tensor, tensor } from '../../core/tensor.ts';
import type { AdapterStrength } from '../adapters/blocks.ts';
import type { LiveAdapter } from '../adapters/live-adapter.ts';
import { LiveBranches } from '../adapters/live-branch.ts';
import type { ZImageConfig } from '../checkpoints/configs.ts';
import type { NetworkWeights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
import type { Dim } from '../onnx/types.ts';
import { type Feed, Session } from '../ort/session.ts';
import type { SessionSettings } from '../ort/session-options.ts';
import { ZImageBlocks } from './block.ts';
import { buildCaptionGraph, buildStepGraph, CAPTION, IMAGE, JOINT_INPUT, rowsOfImage } from './graphs.ts';
import { type LatentSize, patchCount, patchify, unpatchifyNegated } from './patches.ts';
import { captionPositions, imagePositions, type Position, paddedLength } from './positions.ts';
import { type RopeTables, ropeTables } from './rope.ts';
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

export interface TransformerSettings extends SessionSettings {
  readonly attention: AttentionForm;
  /** Laid over the linear layers, each with a strength that is given at every step. */
  readonly adapters?: readonly LiveAdapter[];
}

/** What adapters are fed for some images of a batch, which have so many rows each. */
type AdapterFeeds = (
  images: readonly number[],
  rows: ReadonlyMap<Dim, number>,
) => Readonly<Record<string, Feed>>;

/** A graph that is ready to run, and the adapters in it. */
interface AdaptedSession {
  readonly session: Session;
  readonly branches: LiveBranches;
}

/**
 * The Z-Image diffusion transformer (`ZImageTransformer2DModel` of diffusers) as two graphs: one per
 * prompt, one per step. Sessions are made when they are first needed.
 */
export class ZImageTransformer {
  readonly config: ZImageConfig;
  readonly #weights: NetworkWeights;
  readonly #settings: TransformerSettings;
  /** The network without adapters, for steps on which none acts. */
  readonly #bare: ZImageTransformer | undefined;
  #captionSession: Promise<AdaptedSession> | undefined;
  #stepSession: Promise<AdaptedSession> | undefined;
  /** For batches whose images have strengths of their own. */
  #mixedSession: Promise<AdaptedSession> | undefined;
  /** Captions at other strengths than they were prepared with. */
  readonly #readapted = new WeakMap<PreparedCaption, Map<string, PreparedCaption>>();
  /** Tables of the last few sizes; one size is used for many steps. */
  readonly #tables = new Map<string, RopeTables>();

  constructor(weights: NetworkWeights, config: ZImageConfig, settings: TransformerSettings) {
    this.#weights = weights;
    this.config = config;
    this.#settings = settings;
    const { adapters = [], ...others } = settings;
    if (adapters.length > 0 && bytesOf(weights) <= BARE_BYTES)
      this.#bare = new ZImageTransformer(weights, config, others);
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
    const { captionDim, dim, refinerLayers } = this.config;
    if (width !== captionDim || tokens === 0)
      throw new RangeError(
        `Caption features are [${features.dims.join(', ')}], this model takes [tokens, ${captionDim}].`,
      );
    const length = paddedLength(tokens);
    const rows = new Float32Array(length * captionDim);
    rows.set(features.data);
    const { session, branches } = await this.#captionPart();
    const adapterFeeds = branches.feeds(strengths);
    const { refined } = await session.run({
      ...adapterFeeds,
      features: { dims: [length, captionDim], data: rows },
      padding: paddingMask(1, tokens, length),
      ...(refinerLayers > 0 &&
        this.#sequence(CAPTION, 1, `caption ${length}`, () => captionPositions(length))),
    });
    return {
      features,
      refined: tensor([1, length, dim], refined?.data),
      strengths: keyOf(adapterFeeds),
    };
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
    const part = await this.#stepPart();
    if (this.#bare && !strengths.some(acts)) return this.#bare.velocity(latents, sigma, adapted);
    return this.#velocity(latents, sigma, adapted, part, () => part.branches.feeds(strengths));
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
    const part = await this.#mixedPart();
    return this.#velocity(latents, sigma, adapted, part, (images, rows) =>
      part.branches.imageFeeds({ images: images.map((image) => strengths[image] ?? []), rows }),
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
    await this.#captionPart();
    await this.#stepPart();
  }

  async dispose(): Promise<void> {
    await this.#bare?.dispose();
    for (const session of [this.#captionSession, this.#stepSession, this.#mixedSession])
      await (await session)?.session.release();
    this.#captionSession = undefined;
    this.#stepSession = undefined;
    this.#mixedSession = undefined;
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
      ...(refinerLayers > 0 && this.#sequence(IMAGE, batch, `image ${key}`, ofImage)),
      ...this.#sequence(JOINT_INPUT, batch, `joint ${key}`, () => [
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

  #stepPart(): Promise<AdaptedSession> {
    this.#stepSession ??= this.#createStep();
    return this.#stepSession;
  }

  /** Both at once: nothing is created when a strength comes to 0 or leaves it. */
  async #createStep(): Promise<AdaptedSession> {
    if (this.#bare) await this.#bare.#stepPart();
    return this.#session('diffusion transformer', buildStepGraph);
  }

  #mixedPart(): Promise<AdaptedSession> {
    this.#mixedSession ??= this.#session('diffusion transformer', buildStepGraph, true);
    return this.#mixedSession;
  }

  #captionPart(): Promise<AdaptedSession> {
    this.#captionSession ??= this.#session('caption refiner', buildCaptionGraph);
    return this.#captionSession;
  }

  /** A caption as adapters of these strengths refine it; the last few are kept. */
  async #atStrengths(
    caption: PreparedCaption,
    strengths: readonly AdapterStrength[],
  ): Promise<PreparedCaption> {
    if (this.#settings.adapters === undefined) return caption;
    const key = keyOf((await this.#captionPart()).branches.feeds(strengths));
    if (key === caption.strengths) return caption;
    const known = this.#readapted.get(caption) ?? new Map<string, PreparedCaption>();
    this.#readapted.set(caption, known);
    const found = known.get(key) ?? (await this.prepareCaption(caption.features, strengths));
    if (known.size >= MAX_READAPTED) known.clear();
    known.set(key, found);
    return found;
  }

  /** The feeds of a sequence; its tables are kept for the next step. */
  #sequence(name: string, batch: number, key: string, positions: () => Position[]): Record<string, Feed> {
    const { axesDims, ropeTheta, dim } = this.config;
    let tables = this.#tables.get(key);
    if (!tables) {
      if (this.#tables.size >= MAX_TABLES) this.#tables.clear();
      tables = ropeTables(positions(), axesDims, ropeTheta);
      this.#tables.set(key, tables);
    }
    const shape = [batch, tables.cos.dims[0] ?? 0, dim];
    return {
      [`${name}_cos`]: tables.cos,
      [`${name}_sin`]: tables.sin,
      [`${name}_shape`]: { dims: [3], data: BigInt64Array.from(shape, BigInt) },
    };
  }

  async #session(
    name: string,
    build: (blocks: ZImageBlocks) => ReturnType<Graph['build']>,
    perImage = false,
  ): Promise<AdaptedSession> {
    const { attention, adapters = [] } = this.#settings;
    const { weights, compute } = this.#settings;
    const graph = new Graph(name, compute, { sliceWide: weights === 'mapped' });
    const branches = new LiveBranches(graph, adapters, { perImage });
    const blocks = new ZImageBlocks(graph, this.config, this.#weights, attention, branches);
    return { session: await Session.create(build(blocks), this.#settings), branches };
  }
}

/**
 * Weights of a network up to which its adapters' branches, even off, cost it more than another session
 * without them: of larger ones the branches are lost in the products.
 */
const BARE_BYTES = 64 * 2 ** 20;
const MAX_TABLES = 16;
/** One per step of a strength curve. */
const MAX_READAPTED = 64;

const keyOf = (feeds: Readonly<Record<string, Feed>>): string =>
  Object.values(feeds)
    .map(({ data }) => data.join())
    .join(';');

/** As they are widened for the CPU; those that are quantised belong to larger networks. */
function bytesOf(weights: NetworkWeights): number {
  let bytes = 0;
  for (const { shape } of weights.values()) bytes += elementCount(shape) * 4;
  return bytes;
}

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
