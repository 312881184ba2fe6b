import type { AutoencoderConfig } from '../checkpoints/configs.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import type { Graph } from '../onnx/graph.ts';
import type { Value } from '../onnx/types.ts';

const NORM_EPSILON = 1e-6;

/**
 * The parts encoder and decoder share, over [batch, channels, height, width], as `AutoencoderKL` of
 * diffusers has them. Names are the prefixes of their weights.
 */
export class AutoencoderBlocks {
  readonly #graph: Graph;
  readonly #weights: Weights;
  readonly #groups: number;
  readonly #attention: AttentionForm;

  constructor(graph: Graph, weights: Weights, config: AutoencoderConfig, attention: AttentionForm) {
    this.#graph = graph;
    this.#weights = weights;
    this.#groups = config.normGroups;
    this.#attention = attention;
  }

  /** 3×3 convolution that keeps the size. */
  conv = (x: Value, name: string): Value =>
    this.#graph.conv(x, this.#weight(`${name}.weight`), this.#weight(`${name}.bias`), { pads: [1, 1, 1, 1] });

  /** Doubles both sides: nearest, then a convolution. */
  upsample = (x: Value, name: string): Value => this.conv(this.#graph.resizeNearest(x, 2), name);

  /** Halves both sides: a zero column and row at right and bottom, then a convolution of stride 2. */
  downsample = (x: Value, name: string): Value =>
    this.#graph.conv(x, this.#weight(`${name}.weight`), this.#weight(`${name}.bias`), {
      stride: 2,
      pads: [0, 0, 1, 1],
    });

  normSilu = (x: Value, name: string): Value => this.#graph.silu(this.#norm(x, name));

  resnet(x: Value, name: string): Value {
    const inner = this.conv(this.normSilu(x, `${name}.norm1`), `${name}.conv1`);
    const outer = this.conv(this.normSilu(inner, `${name}.norm2`), `${name}.conv2`);
    const shortcut = this.#weights.has(`${name}.conv_shortcut.weight`)
      ? this.#pointwise(x, `${name}.conv_shortcut`)
      : x;
    return this.#graph.add(shortcut, outer);
  }

  /** Resnet, attention of one head over all pixels, resnet. */
  middle(x: Value, name: string): Value {
    const first = this.resnet(x, `${name}.resnets.0`);
    return this.resnet(this.#attend(first, `${name}.attentions.0`), `${name}.resnets.1`);
  }

  #attend(x: Value, name: string): Value {
    const normed = this.#norm(x, `${name}.group_norm`);
    const { compute } = this.#graph;
    // Linear layers over pixels are 1×1 convolutions, which need no pixel count in the graph.
    const [q, k, v] = (['to_q', 'to_k', 'to_v'] as const).map((part) => {
      const pixels = this.#graph.reshape(this.#pointwise(normed, `${name}.${part}`), [0, 0, -1]);
      const rows = this.#graph.transpose(pixels, [0, 2, 1]);
      // Scores of one wide head go beyond half precision.
      return compute === 'float16' ? this.#graph.cast(rows, 'float32') : rows;
    }) as [Value, Value, Value];
    const wide =
      this.#attention.kind === 'fused'
        ? this.#graph.fusedAttention(q, k, v, 1)
        : this.#graph.primitiveAttention(q, k, v, 1);
    const mixed = compute === 'float16' ? this.#graph.cast(wide, compute) : wide;
    const back = this.#graph.reshapeLike(this.#graph.transpose(mixed, [0, 2, 1]), x);
    return this.#graph.add(x, this.#pointwise(back, `${name}.to_out.0`));
  }

  /** A linear layer [out, in] or 1×1 convolution [out, in, 1, 1] at every pixel. */
  #pointwise(x: Value, name: string): Value {
    const [out = 0, inner = 0] = this.#source(`${name}.weight`).shape;
    return this.#graph.conv(
      x,
      this.#weight(`${name}.weight`, [out, inner, 1, 1]),
      this.#weight(`${name}.bias`),
    );
  }

  #norm = (x: Value, name: string): Value =>
    this.#graph.groupNorm(
      x,
      this.#groups,
      this.#weight(`${name}.weight`),
      this.#weight(`${name}.bias`),
      NORM_EPSILON,
    );

  #weight(name: string, shape?: readonly number[]): Value {
    return this.#graph.weight(name, this.#source(name), shape);
  }

  #source(name: string) {
    const source = this.#weights.get(name);
    if (!source) throw new Error(`The autoencoder has no weight ${name}.`);
    return source;
  }
}
