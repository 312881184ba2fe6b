import type { ComputeType } from '../../core/precision.ts';
import { Graph } from '../onnx/graph.ts';
import { Session } from './session.ts';
import type { Provider } from './session-options.ts';

/** Tokens of a 512×512 picture. */
const ROWS = 1024;
const ROUNDS = 3;

const rates = new Map<string, Promise<number>>();

/**
 * Floating-point operations per second of a device in the one operation nearly all of a step is: the
 * product [1024, width] · [width, width] of the runtime itself. Measured once per process; the best of a few.
 * @param width of the model it is compared with
 */
export function matmulRate(provider: Provider, compute: ComputeType, width: number): Promise<number> {
  const key = `${provider} ${compute} ${width}`;
  const rate = rates.get(key) ?? measure(provider, compute, width);
  rates.set(key, rate);
  rate.catch(() => rates.delete(key));
  return rate;
}

async function measure(provider: Provider, compute: ComputeType, width: number): Promise<number> {
  const graph = new Graph('matrix product', compute);
  const weight = graph.constant(new Float32Array(width * width).fill(0.01), [width, width]);
  const x = graph.real('x', [ROWS, width]);
  const product =
    compute === 'bfloat16'
      ? graph.cast(graph.matmul(graph.cast(x, compute), graph.cast(weight, compute)), 'float32')
      : graph.matmul(x, weight);
  // One column out: what is timed is the product, not the way back to the processor.
  graph.output('y', graph.slice(product, 1, 0, 1));
  const session = await Session.create(graph.build(), { provider, weights: 'packed', compute });
  try {
    const feeds = { x: { dims: [ROWS, width], data: new Float32Array(ROWS * width).fill(0.5) } };
    await session.run(feeds);
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const startedAt = performance.now();
      await session.run(feeds);
      best = Math.min(best, performance.now() - startedAt);
    }
    return (2 * ROWS * width * width * 1000) / best;
  } finally {
    await session.release();
  }
}
