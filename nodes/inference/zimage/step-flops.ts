import type { ZImageConfig } from '../checkpoints/configs.ts';

/**
 * Floating-point operations of one pass of the step graph, a multiply-add being two: linear layers, which
 * every token goes through, and attention, in which every token looks at every other. What is left out is
 * below one percent.
 * @param imageTokens,captionTokens of one picture, padded
 */
export function stepFlops(
  config: ZImageConfig,
  imageTokens: number,
  captionTokens: number,
  batch = 1,
): number {
  const { dim, feedForwardWidth, layers, refinerLayers, timeDim, inChannels, patchSize } = config;
  const joint = imageTokens + captionTokens;
  const perToken = 2 * (4 * dim * dim + 3 * dim * feedForwardWidth);
  const attention = (tokens: number) => 4 * tokens * tokens * dim;
  const block = (tokens: number) => tokens * perToken + attention(tokens);
  const modulation = (layers + refinerLayers) * 2 * 4 * dim * timeDim;
  const patches = 2 * dim * inChannels * patchSize ** 2 * (imageTokens + joint);
  return batch * (layers * block(joint) + refinerLayers * block(imageTokens) + patches) + modulation;
}
