import { expect, test } from 'vitest';
import { openModelFolder } from '../../../../nodes/inference/checkpoints/model-folder.ts';
import { forecastMemory, placeAll } from '../../../../nodes/inference/services/model-places.ts';
import { Placement } from '../../../../nodes/inference/services/placement.ts';
import { nanoPath } from '../../../support/fixture-paths.ts';

const picture = { width: 64, height: 64, batch: 1, captionTokens: 8 };
const BUDGET = 8e9;

test('parts that run elsewhere take nothing of the memory the rest is planned in', async () => {
  const parts = await openModelFolder(nanoPath('.'));
  const everywhere = new Placement('cpu', BUDGET);
  const { textEncoder, vae } = await placeAll(everywhere, parts, 'auto');
  const need = async (placement: Placement) =>
    (await forecastMemory(placement, parts, 'auto', picture)).needBytes;
  // No GPU is asked: all that is placed runs on the CPU.
  const apart = { transformer: 'cpu', 'text-encoder': 'cpu', vae: 'cpu' } as const;
  const elsewhere = new Placement('webgpu', BUDGET, apart);
  const { transformer } = await placeAll(elsewhere, parts, 'auto');
  expect(textEncoder.bytes).toBeGreaterThan(0);
  expect((await need(everywhere)) - (await need(elsewhere))).toBe(
    transformer.bytes + textEncoder.bytes + vae.bytes,
  );
});
