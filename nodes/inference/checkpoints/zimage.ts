import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { type Architecture, countBlocks, parseConfig, requireSetting, shapeOf } from './architecture.ts';
import type { ZImageConfig } from './configs.ts';
import type { Weights } from './weights.ts';
import { zimageLayouts, zimageWeights } from './zimage-names.ts';

const count = z.int().min(1).max(65_536);
const three = z.tuple([count, count, count]);

const schema = z.object({
  all_patch_size: z.array(z.int()).default([2]),
  all_f_patch_size: z.array(z.int()).default([1]),
  in_channels: count,
  dim: count,
  n_layers: z.int().min(1).max(1024),
  n_refiner_layers: z.int().min(0).max(1024),
  n_heads: count,
  norm_eps: z.number().positive(),
  qk_norm: z.boolean().default(true),
  cap_feat_dim: count,
  siglip_feat_dim: z.int().nullish(),
  rope_theta: z.number().positive(),
  t_scale: z.number().positive(),
  axes_dims: three,
  axes_lens: three,
});

const patchSize = 2;
const className = 'ZImageTransformer2DModel';

export const zimage: Architecture<'transformer'> = {
  part: 'transformer',
  id: 'zimage',
  layouts: zimageLayouts,
  describedBy: (config) => config._class_name === className,
  configOf: (weights, json, where) =>
    json === undefined ? derive(weights, where) : read(weights, json, where),
  expected: zimageWeights,
};

/** A config as the `config.json` of diffusers says it. */
export const zimageConfigJson = (config: ZImageConfig): Readonly<Record<string, unknown>> => ({
  _class_name: className,
  all_patch_size: [config.patchSize],
  all_f_patch_size: [1],
  in_channels: config.inChannels,
  dim: config.dim,
  n_layers: config.layers,
  n_refiner_layers: config.refinerLayers,
  n_heads: config.heads,
  n_kv_heads: config.heads,
  norm_eps: config.normEps,
  qk_norm: true,
  cap_feat_dim: config.captionDim,
  rope_theta: config.ropeTheta,
  t_scale: config.timeScale,
  axes_dims: config.axesDims,
  axes_lens: config.axesLens,
});

/** Numbers that only the weights tell. */
function fromShapes(weights: Weights, where: string) {
  const [feedForwardWidth = 0] = shapeOf(weights, 'layers.0.feed_forward.w1.weight', 2, where);
  const [timeDim = 0] = shapeOf(weights, 't_embedder.mlp.2.weight', 2, where);
  return { feedForwardWidth, timeDim, patchSize };
}

function read(weights: Weights, json: unknown, where: string): ZImageConfig {
  const config = parseConfig(schema, json, where);
  requireSetting(
    config.all_patch_size.join() === '2',
    where,
    `patches of size ${config.all_patch_size.join()}`,
  );
  requireSetting(config.all_f_patch_size.join() === '1', where, 'patches over several frames');
  requireSetting(config.qk_norm, where, 'attention without query and key norms');
  requireSetting((config.siglip_feat_dim ?? null) === null, where, 'image features beside the caption');
  const headDim = config.dim / config.n_heads;
  const rotated = config.axes_dims.reduce((sum, size) => sum + size, 0);
  if (rotated !== headDim || config.axes_dims.some((size) => size % 2 !== 0)) {
    throw new UserError(
      `The config.json of ${where} contradicts itself: its axes_dims [${config.axes_dims.join(', ')}] must be even and add up to dim / n_heads = ${headDim}.`,
      { hint: 'Use the config.json that belongs to these weights.' },
    );
  }
  return {
    ...fromShapes(weights, where),
    inChannels: config.in_channels,
    dim: config.dim,
    heads: config.n_heads,
    headDim,
    layers: config.n_layers,
    refinerLayers: config.n_refiner_layers,
    captionDim: config.cap_feat_dim,
    normEps: config.norm_eps,
    ropeTheta: config.rope_theta,
    timeScale: config.t_scale,
    axesDims: config.axes_dims,
    axesLens: config.axes_lens,
  };
}

/** Settings no weight tells are those of the published Z-Image models. */
function derive(weights: Weights, where: string): ZImageConfig {
  const [dim = 0, patchFeatures = 0] = shapeOf(weights, 'all_x_embedder.2-1.weight', 2, where);
  const [headDim = 0] = shapeOf(weights, 'layers.0.attention.norm_q.weight', 1, where);
  const [captionDim = 0] = shapeOf(weights, 'cap_embedder.0.weight', 1, where);
  if (headDim === 0 || headDim % 16 !== 0 || dim % headDim !== 0 || patchFeatures % patchSize ** 2 !== 0) {
    throw new UserError(
      `The settings of ${where} cannot be told from its weights: width ${dim}, heads of ${headDim}, patches of ${patchFeatures} features.`,
      { hint: "Put the model's config.json into the same folder." },
    );
  }
  return {
    ...fromShapes(weights, where),
    inChannels: patchFeatures / patchSize ** 2,
    dim,
    heads: dim / headDim,
    headDim,
    layers: countBlocks(weights, /^layers\.(\d+)\./),
    refinerLayers: countBlocks(weights, /^(?:noise|context)_refiner\.(\d+)\./),
    captionDim,
    normEps: 1e-5,
    ropeTheta: 256,
    timeScale: 1000,
    // [32, 48, 48] of 128, and the same proportions for other sizes.
    axesDims: [headDim / 4, (headDim * 3) / 8, (headDim * 3) / 8],
    axesLens: [1536, 512, 512],
  };
}
