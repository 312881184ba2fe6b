import { LiveBranches } from '../../nodes/inference/adapters/live-branch.ts';
import type { LinearCall } from '../../nodes/inference/adapters/live-change.ts';
import type { ZImageConfig } from '../../nodes/inference/checkpoints/configs.ts';
import type { NetworkWeights } from '../../nodes/inference/checkpoints/weights.ts';
import { Graph } from '../../nodes/inference/onnx/graph.ts';
import type { Value } from '../../nodes/inference/onnx/types.ts';
import { type Feed, Session } from '../../nodes/inference/ort/session.ts';
import type { WeightPolicy } from '../../nodes/inference/ort/session-options.ts';
import { ZImageBlocks } from '../../nodes/inference/zimage/block.ts';
import type { TransformerSettings } from '../../nodes/inference/zimage/sessions.ts';
import { normalValues, STREAM_OUTLIER } from './synthetic-model.ts';

/** Looks at what goes into the last feed-forward layer. */
class Watch extends LiveBranches {
  input: Value | undefined;
  override adapt(call: LinearCall): Value {
    if (call.module.endsWith('.feed_forward.w2')) this.input = call.x;
    return call.y;
  }
}

/** One modulated block as a graph: `x` [tokens, dim] → `y`, and `product`, the input of its last layer. */
export async function openBlock(
  weights: NetworkWeights,
  config: ZImageConfig,
  policy: WeightPolicy,
  graph: Graph = new Graph('block', 'float32', { sliceWide: policy === 'mapped' }),
  withProduct = true,
  device: Omit<TransformerSettings, 'weights'> = { provider: 'cpu', attention: { kind: 'fused' } },
): Promise<Session> {
  const watch = new Watch(graph, []);
  const blocks = new ZImageBlocks(graph, config, weights, device.attention, watch);
  const x = graph.real('x', ['batch·joint', config.dim]);
  const time = graph.real('time', [1, config.timeDim]);
  graph.output('y', blocks.block(x, 'layers.0', blocks.sequence('joint'), time));
  if (withProduct && watch.input) graph.output('product', watch.input);
  return Session.create(graph.build(), { ...device, weights: policy });
}

/** Channels of the residual stream that are far larger than the others, as in trained transformers. */
const OUTLIERS = [11, STREAM_OUTLIER, 1900, 3333];
const OUTLIER_SIZE = 60;

/** What a block is fed: normal values, with a few channels of the stream far beyond; a narrow one has fewer of them. */
export function blockFeeds({ dim, headDim, timeDim }: ZImageConfig, tokens: number): Record<string, Feed> {
  const x = normalValues(tokens * dim, 21);
  for (let token = 0; token < tokens; token++)
    for (const channel of OUTLIERS.filter((channel) => channel < dim)) {
      const at = token * dim + channel;
      x[at] = (x[at] ?? 0) + (channel % 2 === 0 ? OUTLIER_SIZE : -OUTLIER_SIZE);
    }
  const angles = normalValues((tokens * headDim) / 2, 22);
  const table = (of: (angle: number) => number): Feed => ({
    dims: [tokens, headDim / 2],
    data: angles.map((angle) => of(3 * angle)),
  });
  return {
    x: { dims: [tokens, dim], data: x },
    time: { dims: [1, timeDim], data: normalValues(timeDim, 23) },
    joint_cos: table(Math.cos),
    joint_sin: table(Math.sin),
    joint_shape: { dims: [3], data: BigInt64Array.of(1n, BigInt(tokens), BigInt(dim)) },
  };
}
