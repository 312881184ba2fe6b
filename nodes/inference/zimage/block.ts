import type { ZImageConfig } from '../checkpoints/configs.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import type { Graph } from '../onnx/graph.ts';
import type { Value } from '../onnx/types.ts';
import { quarterTurn } from './rope.ts';

/**
 * Lets adapters add to every linear layer.
 * @param module name as in diffusers, such as `layers.0.attention.to_q`
 * @param x the layer's input [rows, in]
 * @param y the layer's output [rows, out]
 * @returns what the graph goes on with in place of `y`
 */
export type LinearHook = (graph: Graph, module: string, x: Value, y: Value) => Value;

/** The tokens one attention runs over. */
export interface Sequence {
  /** [tokens, 1, headDim] */
  readonly cos: Value;
  readonly sin: Value;
  /** int64 [4]: batch, tokens, heads, headDim. */
  readonly headShape: Value;
  /** Name of the number of tokens. */
  readonly tokens: string;
}

export const BATCH = 'batch';

/** Builds the parts of a Z-Image transformer into a graph. Activations are [batch · tokens, width]. */
export class ZImageBlocks {
  readonly #quarterTurn: Value;

  constructor(
    readonly graph: Graph,
    readonly config: ZImageConfig,
    private readonly weights: Weights,
    private readonly attention: AttentionForm,
    private readonly hook: LinearHook,
  ) {
    const { headDim } = config;
    this.#quarterTurn = graph.constant(quarterTurn(headDim), [headDim, headDim]);
  }

  weight(name: string): Value {
    const source = this.weights.get(name);
    if (!source) throw new Error(`The checkpoint was opened without ${name}.`);
    return this.graph.weight(name, source);
  }

  /** Every linear layer goes through here, so that adapters reach all of them. */
  linear(x: Value, module: string, hasBias = false): Value {
    const bias = hasBias ? this.weight(`${module}.bias`) : undefined;
    const y = this.graph.linear(x, this.weight(`${module}.weight`), bias);
    return this.hook(this.graph, module, x, y);
  }

  rmsNorm(x: Value, name: string): Value {
    return this.graph.rmsNorm(x, this.weight(`${name}.weight`), this.config.normEps);
  }

  /** Cosine and sine tables and the shape of the heads of a sequence, as graph inputs. */
  sequence(name: string): Sequence {
    const { graph, config } = this;
    return {
      cos: graph.input(`${name}_cos`, 'float32', [name, 1, config.headDim]),
      sin: graph.input(`${name}_sin`, 'float32', [name, 1, config.headDim]),
      headShape: graph.input(`${name}_heads`, 'int64', [4]),
      tokens: name,
    };
  }

  /** Replaces the rows where `mask` [rows, 1] is 1 by a learned token [1, dim]. */
  withPadToken(x: Value, mask: Value, token: string): Value {
    const { graph } = this;
    const keep = graph.sub(graph.scalar(1), mask);
    return graph.add(graph.mul(x, keep), graph.mul(this.weight(token), mask));
  }

  /**
   * One transformer block.
   * @param time [1, timeDim] for blocks that are modulated; undefined for the caption's
   */
  block(x: Value, name: string, sequence: Sequence, time: Value | undefined): Value {
    const { graph } = this;
    const modulation = time && graph.split(this.linear(time, `${name}.adaLN_modulation.0`, true), 1, 4);
    const [scaleAttention, gateAttention, scaleFeedForward, gateFeedForward] = modulation ?? [];
    const one = graph.scalar(1);
    const scaled = (value: Value, scale: Value | undefined) =>
      scale ? graph.mul(value, graph.add(scale, one)) : value;
    const gated = (value: Value, gate: Value | undefined) =>
      gate ? graph.mul(value, graph.tanh(gate)) : value;

    const attended = this.#attend(
      scaled(this.rmsNorm(x, `${name}.attention_norm1`), scaleAttention),
      `${name}.attention`,
      sequence,
    );
    const afterAttention = graph.add(
      x,
      gated(this.rmsNorm(attended, `${name}.attention_norm2`), gateAttention),
    );
    const fed = this.#feedForward(
      scaled(this.rmsNorm(afterAttention, `${name}.ffn_norm1`), scaleFeedForward),
      `${name}.feed_forward`,
    );
    return graph.add(afterAttention, gated(this.rmsNorm(fed, `${name}.ffn_norm2`), gateFeedForward));
  }

  #attend(x: Value, name: string, sequence: Sequence): Value {
    const { graph, config } = this;
    const { heads, headDim, dim } = config;
    const headed = [BATCH, sequence.tokens, heads, headDim];
    const flat = (value: Value) => graph.reshape(value, [0, 0, -1]);
    const rotated = (value: Value, norm: string) => {
      const normed = this.rmsNorm(graph.reshape(value, [-1, headDim]), norm);
      const turned = graph.reshapeTo(graph.matmul(normed, this.#quarterTurn), sequence.headShape, headed);
      const straight = graph.reshapeTo(normed, sequence.headShape, headed);
      return flat(graph.add(graph.mul(straight, sequence.cos), graph.mul(turned, sequence.sin)));
    };
    const q = rotated(this.linear(x, `${name}.to_q`), `${name}.norm_q`);
    const k = rotated(this.linear(x, `${name}.to_k`), `${name}.norm_k`);
    const v = flat(graph.reshapeTo(this.linear(x, `${name}.to_v`), sequence.headShape, headed));
    const mixed =
      this.attention.kind === 'fused'
        ? graph.fusedAttention(q, k, v, heads)
        : graph.primitiveAttention(q, k, v, heads, { chunks: this.attention.chunks });
    return this.linear(graph.reshape(mixed, [-1, dim]), `${name}.to_out.0`);
  }

  #feedForward(x: Value, name: string): Value {
    const gate = this.graph.silu(this.linear(x, `${name}.w1`));
    return this.linear(this.graph.mul(gate, this.linear(x, `${name}.w3`)), `${name}.w2`);
  }
}
