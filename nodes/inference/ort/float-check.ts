import type { ComputeType } from '../../core/precision.ts';
import { Graph } from '../onnx/graph.ts';
import { fixedValues } from './fixed-values.ts';
import { matmulRate } from './matmul-rate.ts';
import { Session } from './session.ts';
import type { Provider } from './session-options.ts';

/** Types of 16 bits a network may be computed in. */
export type NarrowFloat = Exclude<ComputeType, 'float32'>;

const ROWS = 48;
const WIDTH = 256;
/** What sums of this length round to in each type, with room; a kernel that is wrong is far beyond. */
const TOLERANCE: Readonly<Record<NarrowFloat, number>> = { float16: 0.02, bfloat16: 0.06 };
/** Width of products that are long enough for a GPU to show its speed. */
const RATE_WIDTH = 2048;
/** Of the rate in half precision; GPUs older than the type imitate it at a small part of that. */
const RATE_SHARE = 0.6;

const verdicts = new Map<string, Promise<boolean>>();

/**
 * Whether a provider computes in a type of 16 bits, and right: devices without it fail only when they run.
 * Bfloat16 has to be worth it, too. Tried once per process.
 */
export function computesIn(provider: Provider, type: NarrowFloat): Promise<boolean> {
  // The CPU widens each operand and narrows each result, if it can at all: slower, and no smaller.
  if (provider === 'cpu') return Promise.resolve(false);
  const key = `${provider} ${type}`;
  const verdict = verdicts.get(key) ?? isRightAndFast(provider, type);
  verdicts.set(key, verdict);
  return verdict;
}

async function isRightAndFast(provider: Provider, type: NarrowFloat): Promise<boolean> {
  if (!(await isRight(provider, type))) return false;
  if (type === 'float16' || !(await computesIn(provider, 'float16'))) return true;
  const rate = (compute: ComputeType) => matmulRate(provider, compute, RATE_WIDTH);
  try {
    return (await rate('bfloat16')) >= RATE_SHARE * (await rate('float16'));
  } catch {
    // Right in small and not to be had in large: half precision remains.
    return false;
  }
}

/** Compares a norm, a product and an activation with float64 arithmetic. */
async function isRight(provider: Provider, type: NarrowFloat): Promise<boolean> {
  const graph = new Graph(`${type} check`, type);
  const weights = fixedValues(WIDTH * WIDTH, 2, 1 / 8);
  const normed = graph.rmsNorm(
    graph.real('x', [ROWS, WIDTH]),
    graph.constant(new Float32Array(WIDTH).fill(1), [WIDTH]),
    1e-5,
  );
  graph.output('y', graph.silu(graph.linear(normed, graph.constant(weights, [WIDTH, WIDTH]))));
  const x = fixedValues(ROWS * WIDTH, 1, 2);
  let session: Session | undefined;
  try {
    session = await Session.create(graph.build(), { provider, weights: 'packed' });
    const { y } = await session.run({ x: { dims: [ROWS, WIDTH], data: x } });
    const expected = plainAnswer(x, weights);
    return expected.every((value, i) => Math.abs(value - (y?.data[i] ?? Number.NaN)) < TOLERANCE[type]);
  } catch {
    // The answer of a device that cannot.
    return false;
  } finally {
    await session?.release();
  }
}

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
