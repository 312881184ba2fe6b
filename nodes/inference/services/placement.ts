import { totalmem } from 'node:os';
import { elementCount } from '../../core/tensor.ts';
import type { Weights } from '../checkpoints/weights.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { attentionFor } from '../ort/attention-check.ts';
import type { Provider, SessionSettings } from '../ort/session-options.ts';

/** How a network is run here. */
export interface Place {
  readonly settings: SessionSettings & { readonly attention: AttentionForm };
  /** Memory the network is expected to take. */
  readonly bytes: number;
}

/** Share of the machine's memory up to which weights are widened ahead of time, for speed. */
const PACKED_SHARE = 0.2;
/** Private memory of a network whose weights stay in their file, of the size of that file. */
const MAPPED_SHARE = 0.1;
/** Tokens of a 1024×1024 picture with a long caption. */
const MANY_TOKENS = 4096 + 512;

/** What of a network decides how its attention is run. */
export interface AttentionShape {
  readonly heads: number;
  readonly headDim: number;
  readonly causal?: boolean;
}

/** Decides how networks are run on one provider. */
export class Placement {
  readonly #provider: Provider;

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  async of(weights: Weights, attention: AttentionShape): Promise<Place> {
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
        attention: await attentionFor(this.#provider, { ...attention, tokens: MANY_TOKENS }),
      },
      bytes: isPacked ? widened : Math.round(stored * MAPPED_SHARE),
    };
  }
}
