import { totalmem } from 'node:os';
import { elementCount } from '../../core/tensor.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import type { Provider, SessionSettings } from '../ort/session-options.ts';

/** How a network is run here. */
export interface Place {
  readonly settings: SessionSettings & { readonly attention: AttentionForm };
  /** Memory the network is expected to take. */
  readonly bytes: number;
}

/** Share of the machine's memory up to which weights are widened ahead of time, for speed. */
const PACKED_SHARE = 0.2;
/** Attention scores held at once where they are computed by plain operators. */
const SCORE_BYTES = 256 * 2 ** 20;
/** Tokens of a 1024×1024 picture with a long caption, for which the scores are bounded. */
const MANY_TOKENS = 4096 + 512;

/** Decides how networks are run on one provider. */
export class Placement {
  readonly #provider: Provider;

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  /** @param heads attention heads of the network */
  of(weights: Weights, heads: number): Place {
    let stored = 0;
    let widened = 0;
    for (const { byteLength, shape } of weights.values()) {
      stored += byteLength;
      widened += elementCount(shape) * 4;
    }
    // A GPU holds its own copy anyway, and a Cast that is not folded would run on the CPU each time.
    const isPacked = this.#provider !== 'cpu' || widened <= totalmem() * PACKED_SHARE;
    return {
      settings: {
        provider: this.#provider,
        weights: isPacked ? 'packed' : 'mapped',
        attention:
          this.#provider === 'webgpu' ? { kind: 'primitive', chunks: headChunks(heads) } : { kind: 'fused' },
      },
      bytes: isPacked ? widened : Math.round(stored * 0.1),
    };
  }
}

/** The fewest equal groups of heads whose scores stay within bounds at the largest usual size. */
function headChunks(heads: number): number {
  for (let chunks = 1; chunks < heads; chunks++)
    if (heads % chunks === 0 && (MANY_TOKENS ** 2 * 4 * heads) / chunks <= SCORE_BYTES) return chunks;
  return heads;
}
