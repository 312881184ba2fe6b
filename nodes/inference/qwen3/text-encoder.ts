import { type Tensor, tensor } from '../../core/tensor.ts';
import type { Qwen3Config } from '../checkpoints/configs.ts';
import { readTensor } from '../checkpoints/safetensors.ts';
import { isBlockSource, type NetworkWeights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
import { Session } from '../ort/session.ts';
import type { SessionSettings } from '../ort/session-options.ts';
import { buildQwen3Graph } from './graph.ts';
import { causalMask, ropeTables } from './rope.ts';

export interface TextEncoderSettings extends SessionSettings {
  readonly attention: AttentionForm;
}

/** A Qwen3 text encoder (`Qwen3Model` of transformers) that gives the features Z-Image is conditioned on. */
export class Qwen3TextEncoder {
  readonly #weights: NetworkWeights;
  readonly #config: Qwen3Config;
  readonly #settings: TextEncoderSettings;
  #session: Promise<Session> | undefined;

  constructor(weights: NetworkWeights, config: Qwen3Config, settings: TextEncoderSettings) {
    this.#weights = weights;
    this.#config = config;
    this.#settings = settings;
  }

  /**
   * hidden_states[-2] [tokens, hidden] of one caption.
   * @throws RangeError for an id outside the vocabulary
   */
  async encode(ids: readonly number[]): Promise<Tensor> {
    const { hiddenSize, headDim, ropeTheta } = this.#config;
    const { attention, compute } = this.#settings;
    const embeddings = tensor([ids.length, hiddenSize], await this.#embed(ids));
    this.#session ??= Session.create(
      buildQwen3Graph(this.#weights, this.#config, attention, new Graph('text encoder', compute)),
      this.#settings,
    );
    const session = await this.#session;
    const { features } = await session.run({
      embeddings,
      ...ropeTables(ids.length, headDim, ropeTheta),
      ...(attention.kind === 'primitive' && { mask: causalMask(ids.length) }),
    });
    return tensor(embeddings.dims, features?.data);
  }

  async dispose(): Promise<void> {
    await (await this.#session)?.release();
    this.#session = undefined;
  }

  /** Rows of the embedding table, read from the file: the table itself is never loaded. */
  async #embed(ids: readonly number[]): Promise<Float32Array> {
    const table = this.#weights.get('model.embed_tokens.weight');
    if (!table || isBlockSource(table)) throw new Error('The checkpoint was opened without its embeddings.');
    const unknown = ids.find((id) => id < 0 || id >= this.#config.vocabularySize);
    if (unknown !== undefined)
      throw new RangeError(`Token ${unknown} is outside the vocabulary of ${this.#config.vocabularySize}.`);
    return readTensor(table, { rows: [...ids] });
  }
}
