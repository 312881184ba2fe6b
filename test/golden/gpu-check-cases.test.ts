import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkGolden } from '../../nodes/inference/gpu-check/golden-cases.ts';
import { goldenFiles } from '../../nodes/inference/gpu-check/golden-files.ts';
import { readAll, writeCopy } from '../support/checkpoint-copies.ts';
import { goldenPath } from '../support/fixture-paths.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** The references as they travel with the program. */
async function packed(): Promise<string> {
  const folder = await tempFolder();
  for (const [name, files] of Object.entries(goldenFiles))
    for (const file of files) await cp(goldenPath(`${name}/${file}`), join(folder, name, file));
  return folder;
}

test('the GPU check’s small models equal PyTorch on the CPU, within a tenth of the tolerance', async () => {
  const reports = await checkGolden(await packed(), 'cpu', ['float32']);
  expect(reports).toHaveLength(9);
  for (const { name, verdict, error, tolerance } of reports) {
    expect([name, verdict]).toEqual([name, 'equal']);
    expect(error, name).toBeLessThan(tolerance / 10);
  }
});

test('in half precision they stay within its tolerance, which is another one', async () => {
  const reports = await checkGolden(await packed(), 'cpu', ['float16']);
  for (const { name, verdict, tolerance } of reports)
    expect([name, verdict, tolerance]).toEqual([name, 'equal', 3e-2]);
});

test('what computes something else, or nothing, is told', async () => {
  const folder = await packed();
  const weights = join(folder, 'zimage-transformer-wide-bf16', 'diffusion_pytorch_model.safetensors');
  const tensors = await readAll(weights);
  tensors.get('layers.0.attention.to_v.weight')!.values.fill(0);
  await writeCopy(weights, [...tensors.values()]);
  await rm(join(folder, 'qwen3-tiny', 'cases.safetensors'));
  const reports = await checkGolden(folder, 'cpu', ['float32'], true);
  const verdicts = Object.fromEntries(reports.map(({ name, verdict }) => [name, verdict]));
  expect(verdicts).toEqual({
    'transformer at 0': 'wrong',
    'text encoder, 23 tokens': 'failed',
    'VAE, encode64x64': 'equal',
  });
  expect(reports.find(({ verdict }) => verdict === 'failed')?.message).toContain('cases.safetensors');
});
