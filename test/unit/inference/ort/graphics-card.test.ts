import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import {
  adapterOf,
  firstNumber,
  readNvidia,
  usedBytes,
} from '../../../../nodes/inference/ort/graphics-card.ts';
import { tempFolder } from '../../../support/temp-folder.ts';

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

test.each([
  ['1234\n', 1234],
  ['10\n20\n', 10],
  ['[N/A]', undefined],
  ['', undefined],
])('the number in %j', (text, number) => {
  expect(firstNumber(text)).toBe(number);
});

test('memory of the processor is told by its own process', async () => {
  expect(await usedBytes('cpu')).toBeUndefined();
});

test.runIf(process.platform !== 'win32')('memory of a card is told by its own tool', async () => {
  const folder = await tempFolder();
  const tool = '#!/bin/sh\ncase "$1" in *memory.used*) echo 512;; *) echo "NVIDIA A, 8192";; esac\n';
  await writeFile(join(folder, 'nvidia-smi'), tool, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  try {
    expect(await usedBytes('webgpu')).toBe(512 * 2 ** 20);
    expect(await adapterOf('webgpu')).toEqual({ name: 'NVIDIA A', memoryBytes: 2 ** 33 });
  } finally {
    vi.unstubAllEnvs();
  }
});
