import type { ExpectedWeights, Layout, Rename } from './architecture.ts';
import type { AutoencoderConfig } from './configs.ts';
import { asLinear } from './weight-views.ts';

const middle: Readonly<Record<string, string>> = {
  block_1: 'resnets.0',
  block_2: 'resnets.1',
  attn_1: 'attentions.0',
};

const attention: Readonly<Record<string, string>> = {
  norm: 'group_norm',
  q: 'to_q',
  k: 'to_k',
  v: 'to_v',
  proj_out: 'to_out.0',
};

const upBlock = /^decoder\.up\.(\d+)\./;

/**
 * Names of latent-diffusion's original code, kept by Flux's own file (`ae.safetensors`): decoder
 * blocks count from the picture, attention projections are 1 × 1 convolutions.
 */
const originalNames: Rename = (name, source, all) => {
  const [side = '', group = '', ...rest] = name.split('.');
  const tail = (parts: readonly string[]) => parts.join('.').replace('nin_shortcut', 'conv_shortcut');
  const named = (canonical: string) => [[`${side}.${canonical}`, source]] as const;

  if (group === 'norm_out') return named(`conv_norm_out.${tail(rest)}`);
  if (group === 'mid') {
    const [member = '', inner = '', ...leaf] = rest;
    const canonical = middle[member];
    if (canonical === undefined) return [];
    if (member !== 'attn_1') return named(`mid_block.${canonical}.${tail([inner, ...leaf])}`);
    const projection = attention[inner];
    if (projection === undefined) return [];
    return [[`${side}.mid_block.${canonical}.${projection}.${leaf.join('.')}`, asLinear(source)]];
  }
  if (group === 'down' || group === 'up') {
    const [index = '', member = '', ...inner] = rest;
    const block = group === 'down' ? Number(index) : upBlocksOf(all) - 1 - Number(index);
    const blocks = `${group}_blocks.${block}`;
    if (member === 'block') return named(`${blocks}.resnets.${tail(inner)}`);
    if (member === `${group}sample`) return named(`${blocks}.${group}samplers.0.${tail(inner)}`);
    return [];
  }
  return [[name, source]];
};

/** Memo for the one map a file's weights are renamed with. */
const upBlockCounts = new WeakMap<ReadonlyMap<string, unknown>, number>();

function upBlocksOf(all: ReadonlyMap<string, unknown>): number {
  let blocks = upBlockCounts.get(all);
  if (blocks === undefined) {
    blocks = 0;
    for (const name of all.keys()) {
      const index = upBlock.exec(name)?.[1];
      if (index !== undefined) blocks = Math.max(blocks, Number(index) + 1);
    }
    upBlockCounts.set(all, blocks);
  }
  return blocks;
}

export const vaeLayouts: readonly Layout[] = [
  {
    name: 'diffusers',
    signature: ['decoder.conv_in.weight', 'decoder.up_blocks.0.resnets.0.conv1.weight'],
    rename: (name, source) => [[name, name.includes('.attentions.') ? asLinear(source) : source]],
  },
  {
    name: 'ldm',
    signature: ['decoder.conv_in.weight', 'decoder.up.0.block.0.conv1.weight'],
    rename: originalNames,
  },
];

/** Every weight of a Flux-style autoencoder under its diffusers name. */
export function vaeWeights(config: AutoencoderConfig): ExpectedWeights {
  const { imageChannels, latentChannels, blockOutChannels, layersPerBlock } = config;
  const shapes = new Map<string, readonly number[]>();
  const convolution = (name: string, input: number, output: number, kernel = 3) => {
    shapes.set(`${name}.weight`, [output, input, kernel, kernel]);
    shapes.set(`${name}.bias`, [output]);
  };
  const affine = (name: string, shape: readonly number[]) => {
    shapes.set(`${name}.weight`, shape);
    shapes.set(`${name}.bias`, [shape[0] ?? 0]);
  };
  const resnet = (name: string, input: number, output: number) => {
    affine(`${name}.norm1`, [input]);
    convolution(`${name}.conv1`, input, output);
    affine(`${name}.norm2`, [output]);
    convolution(`${name}.conv2`, output, output);
    if (input !== output) convolution(`${name}.conv_shortcut`, input, output, 1);
  };
  const middleBlock = (name: string, channels: number) => {
    resnet(`${name}.resnets.0`, channels, channels);
    resnet(`${name}.resnets.1`, channels, channels);
    affine(`${name}.attentions.0.group_norm`, [channels]);
    for (const projection of ['to_q', 'to_k', 'to_v', 'to_out.0']) {
      affine(`${name}.attentions.0.${projection}`, [channels, channels]);
    }
  };

  const first = blockOutChannels[0] ?? 0;
  const deepest = blockOutChannels.at(-1) ?? 0;
  const blocks = blockOutChannels.length;

  convolution('decoder.conv_in', latentChannels, deepest);
  middleBlock('decoder.mid_block', deepest);
  let channels = deepest;
  blockOutChannels.toReversed().forEach((output, block) => {
    const name = `decoder.up_blocks.${block}`;
    for (let i = 0; i <= layersPerBlock; i++) {
      resnet(`${name}.resnets.${i}`, channels, output);
      channels = output;
    }
    if (block < blocks - 1) convolution(`${name}.upsamplers.0.conv`, output, output);
  });
  affine('decoder.conv_norm_out', [first]);
  convolution('decoder.conv_out', first, imageChannels);
  if (!config.hasEncoder) return { required: shapes, unneeded: () => false };

  convolution('encoder.conv_in', imageChannels, first);
  channels = first;
  blockOutChannels.forEach((output, block) => {
    const name = `encoder.down_blocks.${block}`;
    for (let i = 0; i < layersPerBlock; i++) {
      resnet(`${name}.resnets.${i}`, channels, output);
      channels = output;
    }
    if (block < blocks - 1) convolution(`${name}.downsamplers.0.conv`, output, output);
  });
  middleBlock('encoder.mid_block', deepest);
  affine('encoder.conv_norm_out', [deepest]);
  // Mean and log-variance.
  convolution('encoder.conv_out', deepest, 2 * latentChannels);
  return { required: shapes, unneeded: () => false };
}
