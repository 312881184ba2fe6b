import { Graph } from '../onnx/graph.ts';
import { Session } from './session.ts';
import type { Provider } from './session-options.ts';

const ROWS = 48;
const WIDTH = 256;
/** What sums of this length round to in half precision, with room; a kernel that is wrong is far beyond. */
const TOLERANCE = 0.02;

const verdicts = new Map<Provider, Promise<boolean>>();

/**
 * Whether a provider computes in half precision, and right: devices without it fail only when they run.
 * Tried once per process with a norm, a matrix product and an activation.
 */
export function halfPrecisionWorks(provider: Provider): Promise<boolean> {
  // The CPU widens each operand and narrows each result: slower, and no smaller.
  if (provider === 'cpu') return Promise.resolve(false);
  const verdict = verdicts.get(provider) ?? check(provider);
  verdicts.set(provider, verdict);
  return verdict;
}

async function check(provider: Provider): Promise<boolean> {
  const graph = new Graph('half precision check', 'float16');
  const weights = values(WIDTH * WIDTH, 2).map((value) => value / 16);
  const normed = graph.rmsNorm(
    graph.real('x', [ROWS, WIDTH]),
    graph.constant(new Float32Array(WIDTH).fill(1), [WIDTH]),
    1e-5,
  );
  graph.output('y', graph.silu(graph.linear(normed, graph.constant(weights, [WIDTH, WIDTH]))));
  const x = values(ROWS * WIDTH, 1);
  let session: Session | undefined;
  try {
    session = await Session.create(graph.build(), { provider, weights: 'packed' });
    const { y } = await session.run({ x: { dims: [ROWS, WIDTH], data: x } });
    const expected = plainAnswer(x, weights);
    return expected.every((value, i) => Math.abs(value - (y?.data[i] ?? Number.NaN)) < TOLERANCE);
  } catch {
    // The answer of a device that cannot.
    return false;
  } finally {
    await session?.release();
  }
}

/** Fixed values between −2 and 2 without a period. */
const values = (count: number, salt: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => 2 * Math.sin(salt + i * i * 0.37 + i * 0.11));

function plainAnswer(x: Float32Array, weights: Float32Array): Float64Array {
  const result = new Float64Array(ROWS * WIDTH);
  for (let row = 0; row < ROWS; row++) {
    const own = x.subarray(row * WIDTH, (row + 1) * WIDTH);
    const scale = 1 / Math.sqrt(own.reduce((sum, value) => sum + value * value, 0) / WIDTH + 1e-5);
    for (let out = 0; out < WIDTH; out++) {
      let product = 0;
      for (let i = 0; i < WIDTH; i++) product += (own[i] ?? 0) * scale * (weights[out * WIDTH + i] ?? 0);
      result[row * WIDTH + out] = product / (1 + Math.exp(-product));
    }
  }
  return result;
}
