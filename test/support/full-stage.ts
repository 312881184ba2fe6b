import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import type { NetworkWeights, Weights } from '../../nodes/inference/checkpoints/weights.ts';
import { type Conversion, planConversion } from '../../nodes/inference/precision/conversion.ts';
import { blockFormats } from '../../nodes/inference/precision/formats.ts';
import { WeightCache } from '../../nodes/inference/precision/weight-cache.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { memoryOf } from './process-memory.ts';
import { normalValues } from './synthetic-model.ts';

/** What one process does with a transformer of full width, so that its memory is its own. */
export interface StageRequest {
  /**
   * `convert`: its weights to int4, into a cache; `int4`: steps with the weights from there;
   * `bf16`: steps with the weights of the file itself.
   */
  readonly stage: 'convert' | 'int4' | 'bf16';
  readonly file: string;
  readonly cache: string;
  readonly steps: number;
}

/** What it reports on standard output when it is done. Sizes are bytes. */
export interface StageReport {
  /** Of the weights that were made or used. */
  readonly weightBytes: number;
  /** Private memory before anything was opened. */
  readonly ownBytes: number;
  /** Of the last step. */
  readonly stepSeconds?: number;
}

const CAPTION_TOKENS = 30;
/** 256 × 256 pixels. */
const LATENT = [1, 16, 32, 32];

export async function runStage({ stage, file, cache, steps }: StageRequest): Promise<StageReport> {
  const { private: ownBytes } = await memoryOf('self');
  const { weights, config } = await openPart(file, 'transformer');
  let prepared: NetworkWeights = weights;
  let weightBytes = [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (stage !== 'bf16') {
    const conversion = inInt4(weights, file);
    prepared = await new WeightCache(cache).prepare(conversion);
    weightBytes = conversion.fileBytes;
  }
  if (stage === 'convert') return { weightBytes, ownBytes };
  const model = new ZImageTransformer(prepared, config, {
    provider: 'cpu',
    weights: stage === 'int4' ? 'quantised' : 'mapped',
    attention: { kind: 'fused' },
  });
  const features = normalValues(CAPTION_TOKENS * config.captionDim, 3);
  const caption = await model.prepareCaption({ dims: [CAPTION_TOKENS, config.captionDim], data: features });
  const data = normalValues(
    LATENT.reduce((all, size) => all * size),
    5,
  );
  let stepSeconds = Number.NaN;
  for (let step = 0; step < steps; step++) {
    const startedAt = performance.now();
    const velocity = await model.velocity({ dims: LATENT, data }, 0.8, [caption]);
    stepSeconds = (performance.now() - startedAt) / 1000;
    if (!velocity.data.every(Number.isFinite)) throw new Error('The step gave values that are not finite.');
    if (velocity.data.every((value) => value === 0)) throw new Error('The step gave nothing but zeros.');
  }
  await model.dispose();
  return { weightBytes, ownBytes, stepSeconds };
}

const inInt4 = (weights: Weights, file: string): Conversion =>
  planConversion('transformer', weights, file, { kind: 'blocks', format: blockFormats.int4, scales: 'F32' });
