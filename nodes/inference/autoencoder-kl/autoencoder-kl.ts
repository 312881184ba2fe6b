import { UserError } from '../../core/errors.ts';
import { concatRows, rowsOf, type Tensor, tensor } from '../../core/tensor.ts';
import type { AutoencoderConfig } from '../checkpoints/configs.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
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

/** A graph of one input and one output. */
interface OpenHalf {
  readonly session: Session;
  readonly input: string;
  readonly output: string;
}

/** Ready-made graphs that take and give what `decoderGraph` and `encoderGraph` do, under any names. */
export interface AutoencoderGraphs {
  readonly decoder: () => GraphModel;
  readonly encoder: () => GraphModel;
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
  readonly #source: Weights | AutoencoderGraphs;
  readonly #settings: AutoencoderSettings;
  readonly #sessions = new Map<'decoder' | 'encoder', Promise<OpenHalf>>();

  constructor(source: Weights | AutoencoderGraphs, config: AutoencoderConfig, settings: AutoencoderSettings) {
    this.config = config;
    this.#source = source;
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
    const network = await this.#network('decoder');
    return this.#run(plan, latent, { input: 1, output: this.scale }, network, run);
  }

  /**
   * @param image [batch, 3, height, width], −1 to 1, sides multiples of 8
   * @param plan made by `plan` for height / 8 and width / 8
   * @throws UserError where the runtime fails, or the file holds a decoder only
   */
  async encode(image: Tensor, plan: TilePlan, run: TileRun = {}): Promise<Posterior> {
    if (!this.config.hasEncoder)
      throw new UserError('This autoencoder holds a decoder only and cannot encode pictures.', {
        hint: 'Choose an autoencoder with both halves, such as ae.safetensors.',
      });
    this.#check(image, this.config.imageChannels, this.scale, 'Pixels');
    const network = await this.#network('encoder');
    const moments = await this.#run(plan, image, { input: this.scale, output: 1 }, network, run);
    return posteriorOf(moments);
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const half of sessions) await (await half).session.release();
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

  async #network(part: 'decoder' | 'encoder'): Promise<TileFunction> {
    const known = this.#sessions.get(part) ?? this.#open(part);
    this.#sessions.set(part, known);
    try {
      const { session, input, output } = await known;
      return async (tile) => resultOf(await session.run({ [input]: tile }), output);
    } catch (error) {
      // The next call tries again, perhaps with more memory.
      this.#sessions.delete(part);
      throw error;
    }
  }

  async #open(part: 'decoder' | 'encoder'): Promise<OpenHalf> {
    const graph = this.#graph(part);
    const [input] = graph.inputs;
    const [output] = graph.outputs;
    if (!input || !output) throw new Error(`The ${graph.name} has no input or output.`);
    const session = await Session.create(graph, { ...this.#settings, memoryPattern: false });
    return { session, input: input.name, output: output.name };
  }

  #graph(part: 'decoder' | 'encoder'): GraphModel {
    if ('decoder' in this.#source) return this.#source[part]();
    const { attention, compute } = this.#settings;
    const build = part === 'decoder' ? decoderGraph : encoderGraph;
    return build(this.#source, this.config, attention, new Graph(`VAE ${part}`, compute));
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
