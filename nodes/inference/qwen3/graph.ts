import type { Qwen3Config } from '../checkpoints/configs.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
import type { GraphModel, Value } from '../onnx/types.ts';

const TOKENS = 'tokens';

/**
 * Qwen3 from token embeddings [tokens, hidden] to `features` [tokens, hidden]: the residual stream
 * before the last layer, which is hidden_states[-2] of transformers. One caption at a time, no padding.
 */
export function buildQwen3Graph(weights: Weights, config: Qwen3Config, attention: AttentionForm): GraphModel {
  const { heads, keyValueHeads, headDim, hiddenSize, normEps } = config;
  const graph = new Graph('text encoder');
  const cos = graph.input('cos', 'float32', [TOKENS, headDim / 2]);
  const sin = graph.input('sin', 'float32', [TOKENS, headDim / 2]);
  const mask = attention.kind === 'primitive' ? graph.input('mask', 'float32', [TOKENS, TOKENS]) : undefined;

  const weight = (name: string): Value => {
    const source = weights.get(`model.${name}.weight`);
    if (!source) throw new Error(`The checkpoint was opened without model.${name}.weight.`);
    return graph.weight(name, source);
  };
  const linear = (x: Value, name: string) => graph.linear(x, weight(name));
  const norm = (x: Value, name: string) => graph.rmsNorm(x, weight(name), normEps);
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
    const mixed = mask
      ? graph.primitiveAttention(q, k, v, heads, { mask })
      : graph.fusedAttention(q, k, v, heads, { causal: true });
    return linear(graph.reshape(mixed, [-1, heads * headDim]), `${name}.o_proj`);
  };
  const feedForward = (x: Value, name: string): Value => {
    const gate = graph.silu(linear(x, `${name}.gate_proj`));
    return linear(graph.mul(gate, linear(x, `${name}.up_proj`)), `${name}.down_proj`);
  };

  let x = graph.input('embeddings', 'float32', [TOKENS, hiddenSize]);
  for (let i = 0; i < config.layers - 1; i++) {
    const layer = `layers.${i}`;
    x = graph.add(x, attend(norm(x, `${layer}.input_layernorm`), `${layer}.self_attn`));
    x = graph.add(x, feedForward(norm(x, `${layer}.post_attention_layernorm`), `${layer}.mlp`));
  }
  graph.output('features', x);
  return graph.build();
}
