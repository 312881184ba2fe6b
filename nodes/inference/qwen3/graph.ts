import type { Qwen3Config } from '../checkpoints/configs.ts';
import { isBlockSource, type NetworkWeights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
import type { FloatType } from '../onnx/graph-builder.ts';
import type { GraphModel, Value } from '../onnx/types.ts';

const TOKENS = 'tokens';

/**
 * In half precision, inputs of the layers that write to the residual stream are scaled by this, and
 * what they give is scaled back in float32: a few of its channels hold values in the tens of thousands.
 */
const HALF_SCALE = 2 ** -6;

/**
 * Qwen3 from token embeddings [tokens, hidden] to `features` [tokens, hidden]: the residual stream
 * before the last layer, which is hidden_states[-2] of transformers. One caption at a time, no padding.
 * The residual stream is float32 whatever the layers compute in.
 */
export function buildQwen3Graph(
  weights: NetworkWeights,
  config: Qwen3Config,
  attention: AttentionForm,
  graph = new Graph('text encoder'),
): GraphModel {
  const { heads, keyValueHeads, headDim, hiddenSize, normEps } = config;
  const { floats } = graph;
  const cos = graph.real('cos', [TOKENS, headDim / 2]);
  const sin = graph.real('sin', [TOKENS, headDim / 2]);
  const mask = attention.kind === 'primitive' ? graph.real('mask', [TOKENS, TOKENS]) : undefined;

  const sourceOf = (name: string) => {
    const source = weights.get(`model.${name}.weight`);
    if (!source) throw new Error(`The checkpoint was opened without model.${name}.weight.`);
    return source;
  };
  const normWeight = (name: string, type: FloatType): Value => {
    const source = sourceOf(name);
    if (isBlockSource(source)) throw new Error(`${name} is quantised and no weight of a linear layer.`);
    return graph.weight(name, source, source.shape, type);
  };
  const linear = (x: Value, name: string) => graph.linear(x, graph.linearWeight(name, sourceOf(name)));
  const norm = (x: Value, name: string) => graph.rmsNorm(x, normWeight(name, floats), normEps);
  const isHalf = floats === 'float16';
  /** Norm of the residual stream, for layers to read. */
  const normed = (x: Value, name: string) => {
    const value = graph.rmsNorm(x, normWeight(name, 'float32'), normEps);
    return isHalf ? graph.cast(value, floats) : value;
  };
  const inRange = (x: Value) => (isHalf ? graph.mul(x, graph.scalar(HALF_SCALE)) : x);
  /** A layer whose result is added to the residual stream; its input comes from `inRange`. */
  const written = (x: Value, name: string) => {
    if (!isHalf) return linear(x, name);
    const wide = graph.cast(linear(x, name), 'float32');
    return graph.mul(wide, graph.constant(Float32Array.of(1 / HALF_SCALE), [], 'float32'));
  };
  const joined = (x: Value, count: number) => graph.reshape(x, [1, -1, count * headDim]);
  const rotated = (x: Value, count: number) => graph.rotate(joined(x, count), cos, sin, { adjacent: false });
  /** Each key and value head serves heads / keyValueHeads query heads, neighbours first. */
  const repeated = (x: Value) => {
    if (heads === keyValueHeads) return joined(x, heads);
    const apart = graph.reshape(x, [-1, keyValueHeads, 1, headDim]);
    return joined(graph.expand(apart, [1, 1, heads / keyValueHeads, 1]), heads);
  };

  const attend = (x: Value, name: string): Value => {
    const headed = (projection: string, count: number) =>
      graph.reshape(linear(x, `${name}.${projection}`), [-1, count, headDim]);
    const q = rotated(norm(headed('q_proj', heads), `${name}.q_norm`), heads);
    const k = repeated(rotated(norm(headed('k_proj', keyValueHeads), `${name}.k_norm`), keyValueHeads));
    const v = repeated(headed('v_proj', keyValueHeads));
    const mixed =
      attention.kind === 'fused'
        ? graph.fusedAttention(q, k, v, heads, { causal: true, type: attention.type })
        : graph.primitiveAttention(q, k, v, heads, { ...(mask && { mask }) });
    return written(inRange(graph.reshape(mixed, [-1, heads * headDim])), `${name}.o_proj`);
  };
  const feedForward = (x: Value, name: string): Value => {
    const gate = graph.silu(linear(x, `${name}.gate_proj`));
    return written(graph.mul(gate, inRange(linear(x, `${name}.up_proj`))), `${name}.down_proj`);
  };

  let x = graph.input('embeddings', 'float32', [TOKENS, hiddenSize]);
  for (let i = 0; i < config.layers - 1; i++) {
    const layer = `layers.${i}`;
    x = graph.add(x, attend(normed(x, `${layer}.input_layernorm`), `${layer}.self_attn`));
    x = graph.add(x, feedForward(normed(x, `${layer}.post_attention_layernorm`), `${layer}.mlp`));
  }
  graph.output('features', x);
  return graph.build();
}
