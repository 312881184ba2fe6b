import { productOf } from '../onnx/shapes.ts';
import type { Dim, GraphModel, Value } from '../onnx/types.ts';
import { BATCH, type ZImageBlocks } from './block.ts';
import { TIME_FEATURES } from './time-features.ts';

/** Tokens of the caption, of the image, and of both together, each padded. */
export const CAPTION = 'caption';
export const IMAGE = 'image';
const JOINT = `${IMAGE}+${CAPTION}`;
export const JOINT_INPUT = JOINT;

/** Rows that each image of a batch has in the values of the step graph, by the names of their sizes. */
export const rowsOfImage = (image: number, caption: number): ReadonlyMap<Dim, number> =>
  new Map<Dim, number>([
    [productOf([BATCH, IMAGE]), image],
    [productOf([BATCH, JOINT]), image + caption],
    [BATCH, 1],
  ]);

/** Of the final layer's norm; fixed in the reference implementation. */
const FINAL_NORM_EPS = 1e-6;

/**
 * What depends on the prompt alone, run once: caption features → embedder → pad tokens →
 * `context_refiner`. Gives `refined` [batch · caption, dim].
 */
export function buildCaptionGraph(blocks: ZImageBlocks): GraphModel {
  const { graph, config } = blocks;
  const rows = productOf([BATCH, CAPTION]);
  const features = graph.real('features', [rows, config.captionDim]);
  const padding = graph.real('padding', [rows, 1]);
  const embedded = blocks.linear(blocks.rmsNorm(features, 'cap_embedder.0'), 'cap_embedder.1', true);
  let x = blocks.withPadToken(embedded, padding, 'cap_pad_token');
  if (config.refinerLayers > 0) {
    const sequence = blocks.sequence(CAPTION);
    for (let i = 0; i < config.refinerLayers; i++)
      x = blocks.block(x, `context_refiner.${i}`, sequence, undefined);
  }
  graph.output('refined', x);
  return graph.build();
}

/**
 * One step: patches [batch · image, 64] and the refined caption → `prediction`
 * [batch · (image + caption), 64], the negative velocity of the image tokens (rows of the caption
 * carry no meaning). Every resolution, caption length and batch runs in the same graph.
 */
export function buildStepGraph(blocks: ZImageBlocks): GraphModel {
  const { graph, config } = blocks;
  const { dim, inChannels, patchSize } = config;
  const rows = productOf([BATCH, IMAGE]);
  const patches = graph.real('patches', [rows, inChannels * patchSize ** 2]);
  const padding = graph.real('padding', [rows, 1]);
  const caption = graph.real('caption', [BATCH, CAPTION, dim]);
  const imageShape = blocks.shapeOf(IMAGE);

  // One row for all images, as long as they are modulated alike.
  const features = graph.real('time', [blocks.perImage ? BATCH : 1, TIME_FEATURES]);
  const hidden = graph.silu(blocks.linear(features, 't_embedder.mlp.0', true));
  const time = blocks.linear(hidden, 't_embedder.mlp.2', true);

  let image = blocks.withPadToken(blocks.linear(patches, 'all_x_embedder.2-1', true), padding, 'x_pad_token');
  if (config.refinerLayers > 0) {
    const sequence = blocks.sequence(IMAGE, imageShape);
    for (let i = 0; i < config.refinerLayers; i++)
      image = blocks.block(image, `noise_refiner.${i}`, sequence, time);
  }

  const sequence = blocks.sequence(JOINT);
  const joined = graph.concat([graph.reshapeTo(image, imageShape, [BATCH, IMAGE, dim]), caption], 1);
  let x = graph.reshape(joined, [-1, dim]);
  for (let i = 0; i < config.layers; i++) x = blocks.block(x, `layers.${i}`, sequence, time);

  const scale = blocks.linear(graph.silu(time), 'all_final_layer.2-1.adaLN_modulation.1', true);
  const weight = graph.add(scale, graph.scalar(1));
  const even = (): Value => graph.constant(new Float32Array(dim).fill(1), [dim]);
  const normed = blocks.perImage
    ? blocks.timesImage(graph.layerNorm(x, even(), FINAL_NORM_EPS), weight, sequence)
    : graph.layerNorm(x, graph.reshape(weight, [dim]), FINAL_NORM_EPS);
  graph.output('prediction', blocks.linear(normed, 'all_final_layer.2-1.linear', true));
  return graph.build();
}
