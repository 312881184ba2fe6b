import { cpus, totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { adapterOf, readNvidia } from '../../../../nodes/inference/ort/graphics-card.ts';

test('the processor is named with its cores and the memory of the machine', async () => {
  const adapter = await adapterOf('cpu');
  expect(adapter?.name).toContain(`× ${cpus().length}`);
  expect(adapter?.memoryBytes).toBe(totalmem());
});

test.each([
  ['NVIDIA H200, 143771\n', { name: 'NVIDIA H200', memoryBytes: 143771 * 2 ** 20 }],
  ['NVIDIA A, 10\nNVIDIA B, 20\n', { name: 'NVIDIA A', memoryBytes: 10 * 2 ** 20 }],
  ['NVIDIA-SMI has failed because it could not communicate with the driver', undefined],
  ['', undefined],
])("nvidia-smi's %j", (text, card) => {
  expect(readNvidia(text)).toEqual(card);
});
