import type { ComputeType } from '../../core/precision.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { Graph } from '../onnx/graph.ts';
import type { FloatType } from '../onnx/graph-builder.ts';
import { fixedValues } from './fixed-values.ts';
import { Session } from './session.ts';
import type { Provider } from './session-options.ts';

export interface AttentionNeed {
  readonly heads: number;
  readonly headDim: number;
  /** The most tokens one attention is expected to run over. */
  readonly tokens: number;
  /** Whether a token sees only those before it. */
  readonly causal?: boolean;
  /** What the network is computed in; float32 by default. */
  readonly compute?: ComputeType;
}

/** Memory the scores of a primitive attention may take at once. */
const SCORE_BYTES = 256 * 2 ** 20;
/** More than any tile of the fused kernels, and no multiple of one. */
const CHECK_TOKENS = 161;
const CHECK_HEADS = 2;
/** Far above rounding, far below a kernel that is wrong. */
const TOLERANCE: Readonly<Record<FloatType, number>> = { float32: 1e-3, float16: 1e-2 };

const verdicts = new Map<string, Promise<boolean>>();

/**
 * How attention is best computed on a provider. The fused operator is taken where it gives right
 * numbers: on some GPUs it is silently wrong for longer sequences, so it is compared with plain
 * arithmetic the first time it is asked for, in each type it has a kernel for; later answers come from memory.
 */
export async function attentionFor(provider: Provider, need: AttentionNeed): Promise<AttentionForm> {
  if (provider === 'cpu') return { kind: 'fused' };
  if (need.compute === 'bfloat16') {
    // Queries and keys are normed, so half precision, which is faster and rounds less, is in range.
    const half = await attentionFor(provider, { ...need, compute: 'float16' });
    return half.kind === 'fused'
      ? { ...half, type: 'float16' }
      : attentionFor(provider, { ...need, compute: 'float32' });
  }
  const { headDim, causal = false, compute = 'float32' } = need;
  const key = `${provider} ${headDim} ${causal} ${compute}`;
  let verdict = verdicts.get(key);
  if (!verdict) {
    verdict = fusedAttentionIsRight(provider, headDim, causal, compute);
    verdicts.set(key, verdict);
  }
  return (await verdict) ? { kind: 'fused' } : { kind: 'primitive', chunks: headChunks(need) };
}

/** The smallest number of equal groups of heads whose scores stay in bounds; at most one head each. */
export function headChunks({ heads, tokens }: Pick<AttentionNeed, 'heads' | 'tokens'>): number {
  const perHead = tokens * tokens * Float32Array.BYTES_PER_ELEMENT;
  for (let chunks = 1; chunks < heads; chunks++)
    if (heads % chunks === 0 && (heads / chunks) * perHead <= SCORE_BYTES) return chunks;
  return heads;
}

/** Compares the fused operator with float64 arithmetic on a sequence longer than its tiles. */
export async function fusedAttentionIsRight(
  provider: Provider,
  headDim: number,
  causal: boolean,
  compute: FloatType = 'float32',
): Promise<boolean> {
  const width = CHECK_HEADS * headDim;
  const shape = [1, CHECK_TOKENS, width] as const;
  const graph = new Graph('attention check', compute);
  const inputs = ['q', 'k', 'v'].map((name) => graph.real(name, shape));
  const [q, k, v] = inputs;
  if (!q || !k || !v) return false;
  graph.output('mixed', graph.fusedAttention(q, k, v, CHECK_HEADS, { causal }));
  const [queries, keys, values] = [1, 2, 3].map((salt) => fixedValues(CHECK_TOKENS * width, salt, 2));
  if (!queries || !keys || !values) return false;
  let session: Session | undefined;
  try {
    session = await Session.create(graph.build(), { provider, weights: 'packed' });
    const feed = (data: Float32Array) => ({ dims: shape, data });
    const { mixed } = await session.run({ q: feed(queries), k: feed(keys), v: feed(values) });
    const expected = plainAttention(queries, keys, values, headDim, causal);
    return (
      mixed !== undefined &&
      expected.every((value, i) => Math.abs(value - (mixed.data[i] ?? Number.NaN)) < TOLERANCE[compute])
    );
  } catch {
    // A provider without the operator, or whose kernel does not compile here, takes the primitive form.
    return false;
  } finally {
    await session?.release();
  }
}

/** softmax(q·kᵀ / √headDim)·v per head, straight from the definition, in float64. */
function plainAttention(
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  headDim: number,
  causal: boolean,
): Float64Array {
  const width = CHECK_HEADS * headDim;
  const mixed = new Float64Array(q.length);
  for (let head = 0; head < CHECK_HEADS; head++)
    for (let token = 0; token < CHECK_TOKENS; token++) {
      const row = token * width + head * headDim;
      const scores = Array.from({ length: causal ? token + 1 : CHECK_TOKENS }, (_, other) => {
        let product = 0;
        for (let c = 0; c < headDim; c++)
          product += (q[row + c] ?? 0) * (k[other * width + head * headDim + c] ?? 0);
        return product / Math.sqrt(headDim);
      });
      const highest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - highest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [other, weight] of weights.entries())
        for (let c = 0; c < headDim; c++)
          mixed[row + c] =
            (mixed[row + c] ?? 0) + (weight / total) * (v[other * width + head * headDim + c] ?? 0);
    }
  return mixed;
}
