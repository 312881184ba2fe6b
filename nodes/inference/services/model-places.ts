import { totalmem } from 'node:os';
import { type PrecisionChoice, precisions } from '../../core/precision.ts';
import type { OpenedPart } from '../checkpoints/model-folder.ts';
import { byteSize } from '../checkpoints/wording.ts';
import { mappedBytes, weightSizes } from '../memory/footprint.ts';
import { type MemoryPlan, type MemoryRequest, type PictureNeed, planMemory } from '../memory/plan.ts';
import type { Place, Placement } from './placement.ts';

/** The parts of one model. */
export interface ModelParts {
  readonly transformer: OpenedPart<'transformer'>;
  readonly textEncoder: OpenedPart<'text-encoder'>;
  readonly vae: OpenedPart<'vae'>;
}
export type ModelPlaces = Readonly<Record<keyof ModelParts, Place>>;

export async function placeAll(
  placement: Placement,
  { transformer, textEncoder, vae }: ModelParts,
  precision: PrecisionChoice,
): Promise<ModelPlaces> {
  const places = {
    transformer: await placement.of(transformer.weights, transformer.config, {
      part: 'transformer',
      precision,
    }),
    textEncoder: await placement.of(
      textEncoder.weights,
      { ...textEncoder.config, causal: true },
      { part: 'text-encoder', precision },
    ),
    vae: await placement.of(
      vae.weights,
      { heads: 1, headDim: vae.config.blockOutChannels.at(-1) ?? 0 },
      { part: 'vae', precision },
    ),
  };
  return {
    transformer: asExported(places.transformer, transformer.ready?.model.weightBytes),
    textEncoder: asExported(places.textEncoder, textEncoder.ready?.model.weightBytes),
    vae: asExported(places.vae, vae.ready?.decoder.model.weightBytes),
  };
}

/** A ready-made graph is as large as it is, whatever precision is asked for. */
const asExported = (place: Place, bytes: number | undefined): Place =>
  bytes === undefined ? place : { ...place, bytes, reason: 'a ready-made graph stays as it was exported' };

const partNames = { transformer: 'Transformer', textEncoder: 'Text encoder', vae: 'Autoencoder' } as const;

/** One line per part whose precision is not what nobody would ask about. */
export function precisionNotices(places: ModelPlaces, choice: PrecisionChoice): string[] {
  return (['transformer', 'textEncoder'] as const)
    .filter((part) => choice !== 'auto' || places[part].precision !== 'f32')
    .map((part) => {
      const { precision, bytes, reason } = places[part];
      return `${partNames[part]} in ${precision}, ${byteSize(bytes)} in memory: ${reason}.`;
    });
}

/** A picture as most are; what is planned per picture takes its own. */
const USUAL: PictureNeed = { width: 1024, height: 1024, batch: 1, captionTokens: 128 };

export const tileBytesFor = async (
  placement: Placement,
  parts: ModelParts,
  places: ModelPlaces,
): Promise<number> => planMemory(await requestFor(placement, parts, places, USUAL)).tileBytes;

/** A job as far as memory is concerned; files as workflows name them. */
export interface ForecastRequest {
  readonly model: string;
  readonly textEncoder: string;
  readonly vae: string;
  readonly precision: PrecisionChoice;
  readonly picture: PictureNeed;
}

export type { MemoryPlan };

/** What a job with these settings needs, and what would fit where it does not. */
export async function forecastMemory(
  placement: Placement,
  parts: ModelParts,
  choice: PrecisionChoice,
  picture: PictureNeed,
): Promise<MemoryPlan> {
  const places = await placeAll(placement, parts, choice);
  const others = [];
  for (const precision of precisions) {
    const other = await placeAll(placement, parts, precision);
    if (other.transformer.bytes < places.transformer.bytes)
      others.push({ precision, parts: takenBy(placement, other) });
  }
  return planMemory({ ...(await requestFor(placement, parts, places, picture)), others });
}

const takenBy = (placement: Placement, { transformer, textEncoder, vae }: ModelPlaces) => ({
  transformer: placement.takenBytes('transformer', transformer.bytes),
  textEncoder: placement.takenBytes('text-encoder', textEncoder.bytes),
  vae: placement.takenBytes('vae', vae.bytes),
});

async function requestFor(
  placement: Placement,
  { transformer }: ModelParts,
  places: ModelPlaces,
  picture: PictureNeed,
): Promise<MemoryRequest> {
  const { settings, compute, precision } = places.transformer;
  const { dim, feedForwardWidth } = transformer.config;
  return {
    budgetBytes: await placement.budgetBytes(),
    parts: takenBy(placement, places),
    picture,
    transformer: {
      dim,
      feedForwardWidth,
      computeBytes: compute === 'float16' ? 2 : 4,
      scoreBytes: settings.attention.kind === 'primitive' ? SCORE_BYTES : 0,
    },
    ...(placement.provider === 'cpu' && {
      pages: {
        hostBytes: totalmem(),
        mappedBytes: mappedBytes(weightSizes('transformer', transformer.weights), precision),
      },
    }),
  };
}

/** Two tensors of the bound that attention in chunks keeps to. */
const SCORE_BYTES = 2 * 256 * 2 ** 20;
