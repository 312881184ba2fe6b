import { totalmem } from 'node:os';
import type { PrecisionChoice } from '../../core/precision.ts';
import type { PartKind } from '../checkpoints/architecture.ts';
import type { Weights } from '../checkpoints/weights.ts';
import { weightSizes } from '../memory/footprint.ts';
import type { AttentionForm } from '../onnx/attention-form.ts';
import { attentionFor } from '../ort/attention-check.ts';
import { computesIn } from '../ort/float-check.ts';
import { adapterOf } from '../ort/graphics-card.ts';
import type { Provider, SessionSettings, WeightPolicy } from '../ort/session-options.ts';
import { type ChosenPrecision, choosePrecision } from '../precision/choose.ts';
import type { ConversionTarget } from '../precision/conversion.ts';
import { blockFormats, isBlockPrecision } from '../precision/formats.ts';

/** How a network is run here. */
export interface Place extends ChosenPrecision {
  readonly settings: SessionSettings & { readonly attention: AttentionForm };
  /** What the weights have to be converted to before; undefined where they are used as they are. */
  readonly target: ConversionTarget | undefined;
}

/** Tokens of a 1024×1024 picture with a long caption. */
const MANY_TOKENS = 4096 + 512;
/** Of a GPU whose memory is not known. */
const ASSUMED_BYTES = 8e9;
/** Of a GPU's memory; the rest is the screen's and the driver's. */
const GPU_SHARE = 0.9;
/** Of the machine's memory: leaves room for pictures, activations and everything else on the machine. */
const HOST_SHARE = 0.6;

/** What of a network decides how its attention is run. */
export interface AttentionShape {
  readonly heads: number;
  readonly headDim: number;
  readonly causal?: boolean;
}

/** What is placed, and in which precision a person wants it. */
export interface Wanted {
  readonly part: PartKind;
  readonly precision?: PrecisionChoice | undefined;
}

/** Where parts run that do not run where the rest does. */
export type PartProviderNames = { readonly [K in PartKind]?: Provider | undefined };

/** Decides how networks are run: on one provider, but for parts that were given another. */
export class Placement {
  readonly provider: Provider;
  readonly #partProviders: PartProviderNames;
  #budget: Promise<number> | undefined;

  /** @param budgetBytes that networks may take together; by default a share of what there is */
  constructor(provider: Provider, budgetBytes?: number, partProviders: PartProviderNames = {}) {
    this.provider = provider;
    this.#partProviders = partProviders;
    if (budgetBytes !== undefined) this.#budget = Promise.resolve(budgetBytes);
  }

  providerOf(part: PartKind): Provider {
    return this.#partProviders[part] ?? this.provider;
  }

  async of(
    weights: Weights,
    attention: AttentionShape,
    { part, precision = 'auto' }: Wanted = { part: 'transformer' },
  ): Promise<Place> {
    const provider = this.providerOf(part);
    const isCpu = provider === 'cpu';
    const chosen = choosePrecision({
      part,
      choice: precision,
      sizes: weightSizes(part, weights),
      isCpu,
      half: await computesIn(provider, 'float16'),
      bfloat16: await computesIn(provider, 'bfloat16'),
      budgetBytes: provider === this.provider ? await this.budgetBytes() : await budgetOf(provider),
      hostBytes: totalmem(),
    });
    // The autoencoder's attention is in float32 whatever the rest of it is in.
    const compute = part === 'vae' ? 'float32' : chosen.compute;
    return {
      ...chosen,
      target: targetOf(chosen),
      settings: {
        provider,
        weights: isCpu ? policyOf(chosen) : 'packed',
        compute: chosen.compute,
        attention: await attentionFor(provider, { ...attention, tokens: MANY_TOKENS, compute }),
      },
    };
  }

  /** What a part of so many bytes takes of the budget: nothing where it runs elsewhere than the rest. */
  takenBytes(part: PartKind, bytes: number): number {
    return this.providerOf(part) === this.provider ? bytes : 0;
  }

  /** Bytes networks may take together where they are computed with. */
  budgetBytes(): Promise<number> {
    this.#budget ??= budgetOf(this.provider);
    return this.#budget;
  }
}

async function budgetOf(provider: Provider): Promise<number> {
  if (provider === 'cpu') return totalmem() * HOST_SHARE;
  const { memoryBytes = ASSUMED_BYTES } = (await adapterOf(provider)) ?? {};
  return memoryBytes * (memoryBytes >= totalmem() ? HOST_SHARE : GPU_SHARE);
}

/** A GPU holds its own copy anyway, and a Cast that is not folded would run on the CPU each time. */
function policyOf({ precision }: ChosenPrecision): WeightPolicy {
  if (precision === 'f32') return 'packed';
  return isBlockPrecision(precision) ? 'quantised' : 'mapped';
}

function targetOf({ precision, compute }: ChosenPrecision): ConversionTarget | undefined {
  if (precision === 'f16') return { kind: 'half' };
  if (!isBlockPrecision(precision)) return undefined;
  return {
    kind: 'blocks',
    format: blockFormats[precision],
    scales: compute === 'float16' ? 'F16' : 'F32',
  };
}
