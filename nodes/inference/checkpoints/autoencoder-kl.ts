import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { type Architecture, countBlocks, parseConfig, requireSetting, shapeOf } from './architecture.ts';
import type { AutoencoderConfig } from './configs.ts';
import { vaeLayouts, vaeWeights } from './vae-names.ts';
import type { Weights } from './weights.ts';

const count = z.int().min(1).max(65_536);

const schema = z.object({
  in_channels: count,
  out_channels: count,
  latent_channels: count,
  block_out_channels: z.array(count).min(1).max(16),
  layers_per_block: z.int().min(1).max(64),
  norm_num_groups: count,
  scaling_factor: z.number().positive(),
  shift_factor: z.number().nullish(),
  act_fn: z.string().default('silu'),
  mid_block_add_attention: z.boolean().default(true),
  use_quant_conv: z.boolean().default(true),
  use_post_quant_conv: z.boolean().default(true),
});

/** Flux's own values; every published model with 16 latent channels that Z-Image can use has them. */
export const flux = { latentChannels: 16, normGroups: 32, scalingFactor: 0.3611, shiftFactor: 0.1159 };

export const autoencoderKl: Architecture<'vae'> = {
  part: 'vae',
  id: 'autoencoder-kl',
  layouts: vaeLayouts,
  describedBy: (config) => config._class_name === 'AutoencoderKL',
  configOf: (weights, json, where) => {
    const config = json === undefined ? derive(weights, where) : read(weights, json, where);
    const uneven = config.blockOutChannels.find((channels) => channels % config.normGroups !== 0);
    if (uneven === undefined) return config;
    throw new UserError(
      `The ${uneven} channels of ${where} cannot be split into ${config.normGroups} groups for normalisation.`,
      {
        hint:
          json === undefined
            ? "Put the VAE's config.json into the same folder."
            : 'Use the config.json that belongs to these weights.',
      },
    );
  },
  expected: vaeWeights,
};

const hasEncoder = (weights: Weights) => weights.has('encoder.conv_in.weight');

function read(weights: Weights, json: unknown, where: string): AutoencoderConfig {
  const config = parseConfig(schema, json, where);
  requireSetting(!config.use_quant_conv && !config.use_post_quant_conv, where, 'quant convolutions');
  requireSetting(config.mid_block_add_attention, where, 'a middle block without attention');
  requireSetting(config.act_fn === 'silu', where, `the activation "${config.act_fn}"`);
  requireSetting(config.in_channels === config.out_channels, where, 'other channels out than in');
  return {
    imageChannels: config.in_channels,
    latentChannels: config.latent_channels,
    blockOutChannels: config.block_out_channels,
    layersPerBlock: config.layers_per_block,
    normGroups: config.norm_num_groups,
    scalingFactor: config.scaling_factor,
    shiftFactor: config.shift_factor ?? 0,
    hasEncoder: hasEncoder(weights),
  };
}

function derive(weights: Weights, where: string): AutoencoderConfig {
  const [, latentChannels = 0] = shapeOf(weights, 'decoder.conv_in.weight', 4, where);
  const [imageChannels = 0] = shapeOf(weights, 'decoder.conv_out.weight', 4, where);
  if (latentChannels !== flux.latentChannels) {
    throw new UserError(
      `The VAE in ${where} has ${latentChannels} latent channels; Z-Image works with those of the Flux VAE, which has ${flux.latentChannels}.`,
      { hint: 'Use the Flux VAE (ae.safetensors).' },
    );
  }
  const blocks = countBlocks(weights, /^decoder\.up_blocks\.(\d+)\./);
  const channels = Array.from({ length: blocks }, (_, block) => {
    const [output = 0] = shapeOf(weights, `decoder.up_blocks.${block}.resnets.0.conv1.weight`, 4, where);
    return output;
  });
  return {
    imageChannels,
    latentChannels,
    blockOutChannels: channels.reverse(),
    layersPerBlock: countBlocks(weights, /^decoder\.up_blocks\.\d+\.resnets\.(\d+)\./) - 1,
    normGroups: flux.normGroups,
    scalingFactor: flux.scalingFactor,
    shiftFactor: flux.shiftFactor,
    hasEncoder: hasEncoder(weights),
  };
}
