import { elementCount } from '../../core/tensor.ts';
import { layerSizes } from '../adapters/blocks.ts';
import type { LiveAdapter } from '../adapters/live-adapter.ts';
import { LiveBranches } from '../adapters/live-branch.ts';
import type { ZImageConfig } from '../checkpoints/configs.ts';
import type { NetworkWeights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
import { Session } from '../ort/session.ts';
import type { SessionSettings } from '../ort/session-options.ts';
import { ZImageBlocks } from './block.ts';
import { buildCaptionGraph, buildStepGraph } from './graphs.ts';

export interface TransformerSettings extends SessionSettings {
  readonly attention: AttentionForm;
  /** Built into the graphs over the linear layers, each with a strength that is given at every step. */
  readonly adapters?: readonly LiveAdapter[];
  /** Adapters that can be laid over it besides, others at every run. */
  readonly slots?: number;
}

/** A graph that is ready to run, and the adapters in it. */
export interface AdaptedSession {
  readonly session: Session;
  readonly branches: LiveBranches;
}

/** The sessions of one transformer, each made when it is first needed. */
export class ZImageSessions {
  readonly #settings: TransformerSettings;
  readonly #weights: NetworkWeights;
  readonly #config: ZImageConfig;
  /** Without adapters, for steps on which none acts. */
  readonly #bare: ZImageSessions | undefined;
  #caption: Promise<AdaptedSession> | undefined;
  #step: Promise<AdaptedSession> | undefined;
  #mixed: Promise<AdaptedSession> | undefined;

  constructor(weights: NetworkWeights, config: ZImageConfig, settings: TransformerSettings) {
    this.#weights = weights;
    this.#config = config;
    this.#settings = settings;
    const { adapters = [], slots = 0, ...others } = settings;
    if (adapters.length + slots > 0 && bytesOf(weights) <= BARE_BYTES)
      this.#bare = new ZImageSessions(weights, config, others);
  }

  get hasSlots(): boolean {
    return (this.#settings.slots ?? 0) > 0;
  }

  /** What depends on the prompt alone. */
  caption(): Promise<AdaptedSession> {
    this.#caption ??= this.#session('caption refiner', buildCaptionGraph);
    return this.#caption;
  }

  step(): Promise<AdaptedSession> {
    this.#step ??= this.#createStep();
    return this.#step;
  }

  /** A step without adapters, where there is a session for it. */
  async bareStep(): Promise<AdaptedSession | undefined> {
    // Both at once: nothing is created when a strength comes to 0 or leaves it.
    await this.step();
    return this.#bare?.step();
  }

  /** For batches whose images have strengths of their own. */
  mixed(): Promise<AdaptedSession> {
    this.#mixed ??= this.#session('diffusion transformer', buildStepGraph, true);
    return this.#mixed;
  }

  async dispose(): Promise<void> {
    await this.#bare?.dispose();
    for (const session of [this.#caption, this.#step, this.#mixed]) await (await session)?.session.release();
    this.#caption = undefined;
    this.#step = undefined;
    this.#mixed = undefined;
  }

  async #createStep(): Promise<AdaptedSession> {
    await this.#bare?.step();
    return this.#session('diffusion transformer', buildStepGraph);
  }

  async #session(
    name: string,
    build: (blocks: ZImageBlocks) => ReturnType<Graph['build']>,
    perImage = false,
  ): Promise<AdaptedSession> {
    const { attention, weights, compute, adapters = [], slots = 0 } = this.#settings;
    const graph = new Graph(name, compute, { sliceWide: weights === 'mapped' });
    const layers = layerSizes(this.#weights);
    const branches = new LiveBranches(graph, adapters, { perImage, slots: { count: slots, layers } });
    const network = new ZImageBlocks(graph, this.#config, this.#weights, attention, branches);
    return { session: await Session.create(build(network), this.#settings), branches };
  }
}

/**
 * Weights of a network up to which its adapters' branches, even off, cost it more than another session
 * without them: of larger ones the branches are lost in the products.
 */
const BARE_BYTES = 64 * 2 ** 20;

/** As they are widened for the CPU; those that are quantised belong to larger networks. */
function bytesOf(weights: NetworkWeights): number {
  let bytes = 0;
  for (const { shape } of weights.values()) bytes += elementCount(shape) * 4;
  return bytes;
}
