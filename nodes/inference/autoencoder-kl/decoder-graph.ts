import type { AutoencoderConfig } from '../checkpoints/configs.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
import type { GraphModel } from '../onnx/types.ts';
import { AutoencoderBlocks } from './blocks.ts';

/**
 * The decoder of `AutoencoderKL` (diffusers): input `latent` [batch, channels, height, width] in VAE
 * space, output `image` [batch, 3, height · 8, width · 8], −1 to 1 before clamping.
 */
export function decoderGraph(
  weights: Weights,
  config: AutoencoderConfig,
  attention: AttentionForm,
  graph = new Graph('VAE decoder'),
): GraphModel {
  const blocks = new AutoencoderBlocks(graph, weights, config, attention);
  const latent = graph.real('latent', ['batch', config.latentChannels, 'height', 'width']);
  let x = blocks.middle(blocks.conv(latent, 'decoder.conv_in'), 'decoder.mid_block');
  const levels = config.blockOutChannels.length;
  for (let level = 0; level < levels; level++) {
    const name = `decoder.up_blocks.${level}`;
    for (let i = 0; i <= config.layersPerBlock; i++) x = blocks.resnet(x, `${name}.resnets.${i}`);
    if (level < levels - 1) x = blocks.upsample(x, `${name}.upsamplers.0.conv`);
  }
  graph.output('image', blocks.conv(blocks.normSilu(x, 'decoder.conv_norm_out'), 'decoder.conv_out'));
  return graph.build();
}
