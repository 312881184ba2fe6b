import { concatRows, rowsOf, type Tensor, tensor } from '../../core/tensor.ts';
import type { AutoencoderConfig } from '../checkpoints/configs.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import type { GraphModel } from '../onnx/types.ts';
import { Session } from '../ort/session.ts';
import type { SessionSettings } from '../ort/session-options.ts';
import { decoderGraph } from './decoder-graph.ts';
import { encoderGraph } from './encoder-graph.ts';
import { memoryCost, scaleOf } from './memory-cost.ts';
import { planTiles, type TilePlan, type TilingRequest } from './tiling/plan.ts';
import { runTiles, type TileFunction, type TileScale } from './tiling/run-tiles.ts';

export interface AutoencoderSettings extends SessionSettings {
  readonly attention: AttentionForm;
}

/** What to do between tiles. */
export interface TileRun {
  readonly signal?: AbortSignal;
  /** Called after each run of the network, over the whole batch. */
  readonly onTile?: (done: number, total: number) => void;
}

/** The distribution an image is encoded to, in VAE space: both [batch, channels, height / 8, width / 8]. */
export interface Posterior {
  readonly mean: Tensor;
  /** Clamped to −30 … 20; the standard deviation is exp(logvar / 2). */
  readonly logvar: Tensor;
}

/**
 * The variational autoencoder (`AutoencoderKL` of diffusers, without quant convolutions). Sessions are made
 * when they are first needed. Images of a batch run one after the other, so memory does not grow with the batch.
 */
export class AutoencoderKL {
  readonly config: AutoencoderConfig;
  readonly #weights: Weights;
  readonly #settings: AutoencoderSettings;
  readonly #sessions = new Map<'decoder' | 'encoder', Promise<Session>>();

  constructor(weights: Weights, config: AutoencoderConfig, settings: AutoencoderSettings) {
    this.config = config;
    this.#weights = weights;
    this.#settings = settings;
  }

  /** Pixels per latent pixel along a side; 8. */
  get scale(): number {
    return scaleOf(this.config);
  }

  /** How a picture of `height` x `width` latent pixels would be cut up, and at what price. */
  plan(request: Omit<TilingRequest, 'memoryCost'>): TilePlan {
    return planTiles({ ...request, memoryCost: memoryCost(this.config, this.#settings.attention) });
  }

  /**
   * @param latent [batch, channels, height, width] in VAE space (see `fromModelSpace`)
   * @param plan made by `plan` for this height and width
   * @returns [batch, 3, height · 8, width · 8], −1 to 1 before clamping
   * @throws UserError where the runtime fails
   */
  async decode(latent: Tensor, plan: TilePlan, run: TileRun = {}): Promise<Tensor> {
    this.#check(latent, this.config.latentChannels, 1, 'Latents');
    const session = await this.#session('decoder', decoderGraph);
    const network = async (tile: Tensor) => resultOf(await session.run({ latent: tile }), 'image');
    return this.#run(plan, latent, { input: 1, output: this.scale }, network, run);
  }

  /**
   * @param image [batch, 3, height, width], −1 to 1, sides multiples of 8
   * @param plan made by `plan` for height / 8 and width / 8
   * @throws UserError where the runtime fails
   */
  async encode(image: Tensor, plan: TilePlan, run: TileRun = {}): Promise<Posterior> {
    this.#check(image, this.config.imageChannels, this.scale, 'Pixels');
    const session = await this.#session('encoder', encoderGraph);
    const network = async (tile: Tensor) => resultOf(await session.run({ image: tile }), 'moments');
    const moments = await this.#run(plan, image, { input: this.scale, output: 1 }, network, run);
    return posteriorOf(moments);
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session).release();
  }

  async #run(
    plan: TilePlan,
    batch: Tensor,
    scale: TileScale,
    network: TileFunction,
    { signal, onTile }: TileRun,
  ): Promise<Tensor> {
    const rows = rowsOf(batch);
    let done = 0;
    const counted: TileFunction = async (tile) => {
      signal?.throwIfAborted();
      const result = await network(tile);
      onTile?.(++done, rows.length * plan.tiles);
      return result;
    };
    const results: Tensor[] = [];
    for (const row of rows) results.push(await runTiles(plan, row, scale, counted));
    const [only] = results;
    return only && results.length === 1 ? only : concatRows(results);
  }

  async #session(
    part: 'decoder' | 'encoder',
    build: (weights: Weights, config: AutoencoderConfig, attention: AttentionForm) => GraphModel,
  ): Promise<Session> {
    const known = this.#sessions.get(part);
    if (known) return known;
    const graph = build(this.#weights, this.config, this.#settings.attention);
    const created = Session.create(graph, { ...this.#settings, memoryPattern: false });
    this.#sessions.set(part, created);
    try {
      return await created;
    } catch (error) {
      // The next call tries again, perhaps with more memory.
      this.#sessions.delete(part);
      throw error;
    }
  }

  #check({ dims }: Tensor, channels: number, multiple: number, what: string): void {
    const [batch = 0, own, height = 0, width = 0] = dims;
    const fits =
      dims.length === 4 &&
      own === channels &&
      batch > 0 &&
      height > 0 &&
      width > 0 &&
      height % multiple === 0;
    if (!fits || width % multiple !== 0)
      throw new RangeError(
        `${what} are [${dims.join(', ')}]; this VAE takes [batch, ${channels}, height, width] with sides that are multiples of ${multiple}.`,
      );
  }
}

function resultOf(results: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const result = results[name];
  if (!result) throw new Error(`The VAE gave no ${name}.`);
  return result;
}

/** Splits moments [batch, 2 · channels, height, width] into mean and log-variance. */
function posteriorOf({ dims, data }: Tensor): Posterior {
  const [batch = 0, both = 0, height = 0, width = 0] = dims;
  const size = (both / 2) * height * width;
  const half = [batch, both / 2, height, width];
  const mean = tensor(half);
  const logvar = tensor(half);
  for (let b = 0; b < batch; b++) {
    mean.data.set(data.subarray(2 * b * size, (2 * b + 1) * size), b * size);
    logvar.data.set(data.subarray((2 * b + 1) * size, (2 * b + 2) * size), b * size);
  }
  for (let i = 0; i < logvar.data.length; i++)
    logvar.data[i] = Math.min(20, Math.max(-30, logvar.data[i] ?? 0));
  return { mean, logvar };
}
