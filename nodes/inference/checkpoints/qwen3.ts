import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { type Architecture, countBlocks, parseConfig, requireSetting, shapeOf } from './architecture.ts';
import type { Qwen3Config } from './configs.ts';
import { qwen3Layouts, qwen3Weights } from './qwen3-names.ts';
import type { Weights } from './weights.ts';

const count = z.int().min(1).max(16_777_216);

/** Since its version 5 transformers writes both settings of rotary positions into one. */
const rope = z.object({ rope_theta: z.number().positive(), rope_type: z.string().default('default') });

const schema = z.object({
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: z.int().min(2).max(1024),
  num_attention_heads: count,
  num_key_value_heads: count,
  head_dim: count,
  intermediate_size: count,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.unknown().optional(),
  rope_parameters: rope.nullish(),
  attention_bias: z.boolean().default(false),
  hidden_act: z.string().default('silu'),
  use_sliding_window: z.boolean().default(false),
});

export const qwen3: Architecture<'text-encoder'> = {
  part: 'text-encoder',
  id: 'qwen3',
  layouts: qwen3Layouts,
  describedBy: (config) => config.model_type === 'qwen3',
  configOf: (weights, json, where) => (json === undefined ? derive(weights, where) : read(json, where)),
  expected: qwen3Weights,
};

function read(json: unknown, where: string): Qwen3Config {
  const config = parseConfig(schema, json, where);
  const { rope_parameters: rotary, rope_theta: ropeTheta = rotary?.rope_theta } = config;
  const isScaled = (config.rope_scaling ?? null) !== null || (rotary?.rope_type ?? 'default') !== 'default';
  requireSetting(!isScaled, where, 'scaled rotary positions');
  if (ropeTheta === undefined)
    throw new UserError(`The config.json of ${where} lacks "rope_theta".`, {
      hint: 'Use the config.json that belongs to these weights.',
    });
  requireSetting(!config.attention_bias, where, 'biases in attention');
  requireSetting(config.hidden_act === 'silu', where, `the activation "${config.hidden_act}"`);
  requireSetting(!config.use_sliding_window, where, 'attention in a sliding window');
  requireSetting(
    config.num_attention_heads % config.num_key_value_heads === 0 && config.head_dim % 2 === 0,
    where,
    'heads that cannot be grouped',
  );
  return {
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    keyValueHeads: config.num_key_value_heads,
    headDim: config.head_dim,
    feedForwardWidth: config.intermediate_size,
    normEps: config.rms_norm_eps,
    ropeTheta,
  };
}

/** Settings no weight tells are those of the published Qwen3 models. */
function derive(weights: Weights, where: string): Qwen3Config {
  const [vocabularySize = 0, hiddenSize = 0] = shapeOf(weights, 'model.embed_tokens.weight', 2, where);
  const [headDim = 0] = shapeOf(weights, 'model.layers.0.self_attn.q_norm.weight', 1, where);
  const [queries = 0] = shapeOf(weights, 'model.layers.0.self_attn.q_proj.weight', 2, where);
  const [keys = 0] = shapeOf(weights, 'model.layers.0.self_attn.k_proj.weight', 2, where);
  const [feedForwardWidth = 0] = shapeOf(weights, 'model.layers.0.mlp.gate_proj.weight', 2, where);
  const layers = countBlocks(weights, /^model\.layers\.(\d+)\./);
  const grouped =
    headDim > 0 && headDim % 2 === 0 && keys > 0 && queries % keys === 0 && keys % headDim === 0;
  // Without the final norm the file may lack its last layers, and then the wrong one would be read.
  if (!grouped || layers < 2 || !weights.has('model.norm.weight')) {
    throw new UserError(
      `The settings of ${where} cannot be told from its weights: ${layers} layers, ${queries} query and ${keys} key features, heads of ${headDim}, ${weights.has('model.norm.weight') ? 'a' : 'no'} final norm.`,
      { hint: "Put the text encoder's config.json into the same folder." },
    );
  }
  return {
    vocabularySize,
    hiddenSize,
    layers,
    heads: queries / headDim,
    keyValueHeads: keys / headDim,
    headDim,
    feedForwardWidth,
    normEps: 1e-6,
    ropeTheta: 1_000_000,
  };
}
