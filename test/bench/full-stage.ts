import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import type { NetworkWeights } from '../../nodes/inference/checkpoints/weights.ts';
import { planConversion } from '../../nodes/inference/precision/conversion.ts';
import { blockFormats } from '../../nodes/inference/precision/formats.ts';
import { WeightCache } from '../../nodes/inference/precision/weight-cache.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { normalValues } from '../support/synthetic-model.ts';

/** What one process of the full-size benchmarks does, so that its memory is its own. */
export const stages = ['convert', 'int4', 'bf16'] as const;
export type Stage = (typeof stages)[number];

/** What a stage reports on standard output when it is done. */
export interface StageReport {
  readonly quantisedBytes: number;
  readonly storedBytes: number;
  readonly stepSeconds?: number;
}

const STEPS = 2;
const CAPTION_TOKENS = 30;
/** 256 × 256 pixels. */
const LATENT = [1, 16, 32, 32];

export async function runStage(stage: Stage, file: string, cacheFolder: string): Promise<StageReport> {
  const { weights, config } = await openPart(file, 'transformer');
  const target = { kind: 'blocks', format: blockFormats.int4, scales: 'F32' } as const;
  const conversion = planConversion('transformer', weights, file, target);
  const report = {
    quantisedBytes: conversion.fileBytes,
    storedBytes: [...weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
  const prepared: NetworkWeights =
    stage === 'bf16' ? weights : await new WeightCache(cacheFolder).prepare(conversion);
  if (stage === 'convert') return report;
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
  for (let step = 0; step < STEPS; step++) {
    const startedAt = performance.now();
    const velocity = await model.velocity({ dims: LATENT, data }, 0.8, [caption]);
    stepSeconds = (performance.now() - startedAt) / 1000;
    if (!velocity.data.every(Number.isFinite)) throw new Error('The step gave values that are not finite.');
  }
  await model.dispose();
  return { ...report, stepSeconds };
}
