import type { LiveBranches } from '../adapters/live-branch.ts';
import type { ZImageConfig } from '../checkpoints/configs.ts';
import { isBlockSource, type NetworkWeights } from '../checkpoints/weights.ts';
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

/**
 * Half precision ends at 65,504; inputs of the last feed-forward layer reach 344,064 in Z-Image-Turbo and
 * what comes out of it and of attention can be as large. The inputs of both last layers are scaled by
 * these powers of two, which the norm behind each takes back: room up to 4 million (1 million for
 * attention), while values down to 0.004 keep all their bits.
 */
const HALF_EXPONENTS = { attention: -4, feedForward: -6 } as const;

/** Builds the parts of a Z-Image transformer into a graph. Activations are [batch · tokens, width]. */
export class ZImageBlocks {
  constructor(
    readonly graph: Graph,
    readonly config: ZImageConfig,
    private readonly weights: NetworkWeights,
    private readonly attention: AttentionForm,
    private readonly branches: LiveBranches,
  ) {}

  /** Whether images of a batch differ in their strengths, and so in what modulates their blocks. */
  get perImage(): boolean {
    return this.branches.perImage;
  }

  weight(name: string): Value {
    const source = this.#source(name);
    if (isBlockSource(source)) throw new Error(`${name} is quantised and no weight of a linear layer.`);
    return this.graph.weight(name, source);
  }

  /** Every linear layer goes through here, so that adapters reach all of them. */
  linear(x: Value, module: string, hasBias = false): Value {
    const weight = this.graph.linearWeight(`${module}.weight`, this.#source(`${module}.weight`));
    const bias = hasBias ? this.weight(`${module}.bias`) : undefined;
    return this.branches.adapt({ module, x, weight, bias, y: this.graph.linear(x, weight, bias) });
  }

  rmsNorm(x: Value, name: string): Value {
    return this.graph.rmsNorm(x, this.weight(`${name}.weight`), this.config.normEps);
  }

  /** x [batch · tokens, dim] with the rows of each image multiplied by its factor [batch, dim]. */
  timesImage(x: Value, factor: Value, { shape, tokens }: Pick<Sequence, 'shape' | 'tokens'>): Value {
    const { graph, config } = this;
    const images = graph.reshapeTo(x, shape, [BATCH, tokens, config.dim]);
    return graph.reshape(graph.mul(images, graph.reshape(factor, [0, 1, config.dim])), [-1, config.dim]);
  }

  /** Cosine and sine tables and the shape of a sequence, as graph inputs. */
  sequence(name: string, shape = this.shapeOf(name)): Sequence {
    const { graph, config } = this;
    return {
      cos: graph.real(`${name}_cos`, [name, config.headDim / 2]),
      sin: graph.real(`${name}_sin`, [name, config.headDim / 2]),
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
   * @param time [1, timeDim], or a row for each image, for blocks that are modulated; undefined for the
   * caption's
   */
  block(x: Value, name: string, sequence: Sequence, time: Value | undefined): Value {
    const { graph } = this;
    const modulation = time && this.#modulation(this.linear(time, `${name}.adaLN_modulation.0`, true));
    const [scaleAttention, gateAttention, scaleFeedForward, gateFeedForward] = modulation ?? [];
    // norm(x)·(1 + scale) and tanh(gate)·norm(x) are norms with another weight, which is a short vector.
    const one = graph.scalar(1);
    const scaled = (value: Value, norm: string, scale: Value | undefined) =>
      this.#norm(value, norm, sequence, scale && graph.add(scale, one));
    const gated = (value: Value, norm: string, gate: Value | undefined, exponent: number) =>
      this.#norm(value, norm, sequence, gate && graph.tanh(gate), exponent);

    const attended = this.#attend(
      scaled(x, `${name}.attention_norm1`, scaleAttention),
      `${name}.attention`,
      sequence,
    );
    const afterAttention = graph.add(
      x,
      gated(attended, `${name}.attention_norm2`, gateAttention, HALF_EXPONENTS.attention),
    );
    const fed = this.#feedForward(
      scaled(afterAttention, `${name}.ffn_norm1`, scaleFeedForward),
      `${name}.feed_forward`,
    );
    return graph.add(
      afterAttention,
      gated(fed, `${name}.ffn_norm2`, gateFeedForward, HALF_EXPONENTS.feedForward),
    );
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
        ? graph.fusedAttention(q, k, v, heads, { type: this.attention.type })
        : graph.primitiveAttention(q, k, v, heads, { chunks: this.attention.chunks });
    const scaled = this.#inRange(graph.reshape(mixed, [-1, dim]), HALF_EXPONENTS.attention);
    return this.linear(scaled, `${name}.to_out.0`);
  }

  #feedForward(x: Value, name: string): Value {
    const gate = this.graph.silu(this.linear(x, `${name}.w1`));
    const scaled = this.#inRange(this.linear(x, `${name}.w3`), HALF_EXPONENTS.feedForward);
    return this.linear(this.graph.mul(gate, scaled), `${name}.w2`);
  }

  /**
   * RMSNorm whose weight is multiplied by `factor` [dim], or each image's own [batch, dim], where there is one.
   * @param exponent of two by which half precision scaled `x`, see `HALF_EXPONENTS`
   */
  #norm(x: Value, name: string, sequence: Sequence, factor: Value | undefined, exponent = 0): Value {
    const { graph, config } = this;
    const weight = this.weight(`${name}.weight`);
    // s·x / √(mean((s·x)²) + s²·ε) is x / √(mean(x²) + ε): the norm takes the scale back exactly.
    const epsilon = config.normEps * (graph.compute === 'float16' ? 4 ** exponent : 1);
    if (factor && this.perImage) return this.timesImage(graph.rmsNorm(x, weight, epsilon), factor, sequence);
    return graph.rmsNorm(x, factor ? graph.mul(weight, factor) : weight, epsilon);
  }

  /** Four vectors [dim], or four [batch, dim]. */
  #modulation(all: Value): Value[] {
    const { graph } = this;
    return this.perImage ? graph.split(all, 1, 4) : graph.split(graph.reshape(all, [-1]), 0, 4);
  }

  /** x · 2^exponent in half precision; as it is in float32. */
  #inRange(x: Value, exponent: number): Value {
    const { graph } = this;
    return graph.compute === 'float16' ? graph.mul(x, graph.scalar(2 ** exponent)) : x;
  }

  #source(name: string) {
    const source = this.weights.get(name);
    if (!source) throw new Error(`The checkpoint was opened without ${name}.`);
    return source;
  }
}
