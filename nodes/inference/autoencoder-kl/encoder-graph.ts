import type { AutoencoderConfig } from '../checkpoints/configs.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
import type { GraphModel } from '../onnx/types.ts';
import { AutoencoderBlocks } from './blocks.ts';

/**
 * The encoder of `AutoencoderKL` (diffusers): input `image` [batch, 3, height, width], −1 to 1, sides
 * multiples of 8; output `moments` [batch, 2 · channels, height / 8, width / 8]: mean, then log-variance.
 */
export function encoderGraph(
  weights: Weights,
  config: AutoencoderConfig,
  attention: AttentionForm,
  graph = new Graph('VAE encoder'),
): GraphModel {
  const blocks = new AutoencoderBlocks(graph, weights, config, attention);
  const image = graph.real('image', ['batch', config.imageChannels, 'height', 'width']);
  let x = blocks.conv(image, 'encoder.conv_in');
  const levels = config.blockOutChannels.length;
  for (let level = 0; level < levels; level++) {
    const name = `encoder.down_blocks.${level}`;
    for (let i = 0; i < config.layersPerBlock; i++) x = blocks.resnet(x, `${name}.resnets.${i}`);
    if (level < levels - 1) x = blocks.downsample(x, `${name}.downsamplers.0.conv`);
  }
  x = blocks.middle(x, 'encoder.mid_block');
  graph.output('moments', blocks.conv(blocks.normSilu(x, 'encoder.conv_norm_out'), 'encoder.conv_out'));
  return graph.build();
}
