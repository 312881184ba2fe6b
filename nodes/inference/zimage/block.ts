import type { LiveBranches } from '../adapters/live-branch.ts';
import type { ZImageConfig } from '../checkpoints/configs.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import type { Graph } from '../onnx/graph.ts';
import type { Value } from '../onnx/types.ts';

/** The tokens one attention runs over. */
export interface Sequence {
  /** [tokens, headDim / 2] */
  readonly cos: Value;
  readonly sin: Value;
  /** int64 [3]: batch, tokens, dim. */
  readonly shape: Value;
  /** Name of the number of tokens. */
  readonly tokens: string;
}

export const BATCH = 'batch';

/** Builds the parts of a Z-Image transformer into a graph. Activations are [batch · tokens, width]. */
export class ZImageBlocks {
  constructor(
    readonly graph: Graph,
    readonly config: ZImageConfig,
    private readonly weights: Weights,
    private readonly attention: AttentionForm,
    private readonly branches: LiveBranches,
  ) {}

  weight(name: string): Value {
    const source = this.weights.get(name);
    if (!source) throw new Error(`The checkpoint was opened without ${name}.`);
    return this.graph.weight(name, source);
  }

  /** Every linear layer goes through here, so that adapters reach all of them. */
  linear(x: Value, module: string, hasBias = false): Value {
    const weight = this.weight(`${module}.weight`);
    const bias = hasBias ? this.weight(`${module}.bias`) : undefined;
    return this.branches.adapt({ module, x, weight, bias, y: this.graph.linear(x, weight, bias) });
  }

  rmsNorm(x: Value, name: string): Value {
    return this.#norm(x, name, undefined);
  }

  /** Cosine and sine tables and the shape of a sequence, as graph inputs. */
  sequence(name: string, shape = this.shapeOf(name)): Sequence {
    const { graph, config } = this;
    return {
      cos: graph.input(`${name}_cos`, 'float32', [name, config.headDim / 2]),
      sin: graph.input(`${name}_sin`, 'float32', [name, config.headDim / 2]),
      shape,
      tokens: name,
    };
  }

  /** Input with batch, tokens and dim of a sequence. */
  shapeOf = (name: string): Value => this.graph.input(`${name}_shape`, 'int64', [3]);

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
    const modulation =
      time && graph.split(graph.reshape(this.linear(time, `${name}.adaLN_modulation.0`, true), [-1]), 0, 4);
    const [scaleAttention, gateAttention, scaleFeedForward, gateFeedForward] = modulation ?? [];
    // norm(x)·(1 + scale) and tanh(gate)·norm(x) are norms with another weight, which is a short vector.
    const one = graph.scalar(1);
    const scaled = (value: Value, norm: string, scale: Value | undefined) =>
      this.#norm(value, norm, scale && graph.add(scale, one));
    const gated = (value: Value, norm: string, gate: Value | undefined) =>
      this.#norm(value, norm, gate && graph.tanh(gate));

    const attended = this.#attend(
      scaled(x, `${name}.attention_norm1`, scaleAttention),
      `${name}.attention`,
      sequence,
    );
    const afterAttention = graph.add(x, gated(attended, `${name}.attention_norm2`, gateAttention));
    const fed = this.#feedForward(
      scaled(afterAttention, `${name}.ffn_norm1`, scaleFeedForward),
      `${name}.feed_forward`,
    );
    return graph.add(afterAttention, gated(fed, `${name}.ffn_norm2`, gateFeedForward));
  }

  #attend(x: Value, name: string, sequence: Sequence): Value {
    const { graph, config } = this;
    const { heads, headDim, dim } = config;
    const inBatch = (value: Value) => graph.reshapeTo(value, sequence.shape, [BATCH, sequence.tokens, dim]);
    const rotated = (value: Value, norm: string) => {
      const normed = this.rmsNorm(graph.reshape(value, [-1, headDim]), norm);
      return graph.rotate(inBatch(normed), sequence.cos, sequence.sin, { adjacent: true });
    };
    const q = rotated(this.linear(x, `${name}.to_q`), `${name}.norm_q`);
    const k = rotated(this.linear(x, `${name}.to_k`), `${name}.norm_k`);
    const v = inBatch(this.linear(x, `${name}.to_v`));
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

  /** RMSNorm whose weight is multiplied by `factor` [dim] where there is one. */
  #norm(x: Value, name: string, factor: Value | undefined): Value {
    const weight = this.weight(`${name}.weight`);
    return this.graph.rmsNorm(x, factor ? this.graph.mul(weight, factor) : weight, this.config.normEps);
  }
}
