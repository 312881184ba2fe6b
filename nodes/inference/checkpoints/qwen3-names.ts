import type { ExpectedWeights, Layout } from './architecture.ts';
import type { Qwen3Config } from './configs.ts';

/**
 * One naming with many prefixes: `model.` in transformers, none where only the inner model was
 * saved, `text_encoders.qwen3_4b.transformer.model.` in ComfyUI's checkpoints with all parts.
 */
export const qwen3Layouts: readonly Layout[] = [
  {
    name: 'transformers',
    signature: ['embed_tokens.weight', 'layers.0.self_attn.q_norm.weight', 'layers.0.mlp.gate_proj.weight'],
    rename: (name, source) => [[`model.${name}`, source]],
  },
];

/** The weights that hidden_states[-2] depends on, under their transformers names. */
export function qwen3Weights(config: Qwen3Config): ExpectedWeights {
  const { hiddenSize, headDim, feedForwardWidth } = config;
  const queries = config.heads * headDim;
  const keys = config.keyValueHeads * headDim;
  const shapes = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [config.vocabularySize, hiddenSize]],
  ]);
  for (let i = 0; i < config.layers - 1; i++) {
    const layer = `model.layers.${i}`;
    shapes.set(`${layer}.input_layernorm.weight`, [hiddenSize]);
    shapes.set(`${layer}.self_attn.q_proj.weight`, [queries, hiddenSize]);
    shapes.set(`${layer}.self_attn.k_proj.weight`, [keys, hiddenSize]);
    shapes.set(`${layer}.self_attn.v_proj.weight`, [keys, hiddenSize]);
    shapes.set(`${layer}.self_attn.o_proj.weight`, [hiddenSize, queries]);
    shapes.set(`${layer}.self_attn.q_norm.weight`, [headDim]);
    shapes.set(`${layer}.self_attn.k_norm.weight`, [headDim]);
    shapes.set(`${layer}.post_attention_layernorm.weight`, [hiddenSize]);
    shapes.set(`${layer}.mlp.gate_proj.weight`, [feedForwardWidth, hiddenSize]);
    shapes.set(`${layer}.mlp.up_proj.weight`, [feedForwardWidth, hiddenSize]);
    shapes.set(`${layer}.mlp.down_proj.weight`, [hiddenSize, feedForwardWidth]);
  }
  const last = `model.layers.${config.layers - 1}.`;
  return {
    required: shapes,
    unneeded: (name) =>
      name.startsWith(last) || name === 'model.norm.weight' || /(^|\.)lm_head\.weight$/.test(name),
  };
}
