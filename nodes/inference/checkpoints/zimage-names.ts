import type { ExpectedWeights, Layout, Rename } from './architecture.ts';
import type { ZImageConfig } from './configs.ts';
import { rowsOf } from './weight-views.ts';

/** Sinusoid features and hidden width of the time embedder, the same in every Z-Image model. */
const timeFrequencies = 256;
const timeHidden = 1024;

const blockGroups = /^(layers|noise_refiner|context_refiner)\.\d+\./;

const ownNames: Rename = (name, source) => [[name, source]];

/** Names of the model's first release, which ComfyUI's single files keep: one matrix for q, k and v. */
const originalNames: Rename = (name, source) => {
  const top = name
    .replace(/^x_embedder\./, 'all_x_embedder.2-1.')
    .replace(/^final_layer\./, 'all_final_layer.2-1.');
  if (!blockGroups.test(name)) return [[top, source]];
  const [rows = 0] = source.shape;
  if (name.endsWith('.attention.qkv.weight') && rows % 3 === 0) {
    return ['q', 'k', 'v'].map(
      (letter, index) =>
        [name.replace('.qkv.', `.to_${letter}.`), rowsOf(source, (index * rows) / 3, rows / 3)] as const,
    );
  }
  const inBlock = name
    .replace('.attention.out.', '.attention.to_out.0.')
    .replace(/\.attention\.([qk])_norm\./, '.attention.norm_$1.');
  return [[inBlock, source]];
};

export const zimageLayouts: readonly Layout[] = [
  {
    name: 'diffusers',
    signature: ['all_x_embedder.2-1.weight', 'cap_embedder.1.weight', 'layers.0.attention.to_q.weight'],
    rename: ownNames,
  },
  {
    name: 'comfyui',
    signature: ['x_embedder.weight', 'cap_embedder.1.weight', 'layers.0.attention.qkv.weight'],
    rename: originalNames,
  },
];

/** Every weight of a Z-Image transformer under its diffusers name. */
export function zimageWeights(config: ZImageConfig): ExpectedWeights {
  const { dim, headDim, timeDim, captionDim, feedForwardWidth } = config;
  const patch = config.inChannels * config.patchSize ** 2;
  const shapes = new Map<string, readonly number[]>();
  const linear = (name: string, rows: number, columns: number, bias: boolean) => {
    shapes.set(`${name}.weight`, [rows, columns]);
    if (bias) shapes.set(`${name}.bias`, [rows]);
  };
  linear('all_x_embedder.2-1', dim, patch, true);
  linear('all_final_layer.2-1.adaLN_modulation.1', dim, timeDim, true);
  linear('all_final_layer.2-1.linear', patch, dim, true);
  linear('t_embedder.mlp.0', timeHidden, timeFrequencies, true);
  linear('t_embedder.mlp.2', timeDim, timeHidden, true);
  shapes.set('cap_embedder.0.weight', [captionDim]);
  linear('cap_embedder.1', dim, captionDim, true);
  shapes.set('x_pad_token', [1, dim]);
  shapes.set('cap_pad_token', [1, dim]);

  const block = (name: string, modulated: boolean) => {
    for (const projection of ['to_q', 'to_k', 'to_v', 'to_out.0']) {
      linear(`${name}.attention.${projection}`, dim, dim, false);
    }
    for (const norm of ['norm_q', 'norm_k']) shapes.set(`${name}.attention.${norm}.weight`, [headDim]);
    for (const norm of ['attention_norm1', 'attention_norm2', 'ffn_norm1', 'ffn_norm2']) {
      shapes.set(`${name}.${norm}.weight`, [dim]);
    }
    linear(`${name}.feed_forward.w1`, feedForwardWidth, dim, false);
    linear(`${name}.feed_forward.w2`, dim, feedForwardWidth, false);
    linear(`${name}.feed_forward.w3`, feedForwardWidth, dim, false);
    if (modulated) linear(`${name}.adaLN_modulation.0`, 4 * dim, timeDim, true);
  };
  for (let i = 0; i < config.refinerLayers; i++) {
    block(`noise_refiner.${i}`, true);
    block(`context_refiner.${i}`, false);
  }
  for (let i = 0; i < config.layers; i++) block(`layers.${i}`, true);
  return { required: shapes, unneeded: () => false };
}
