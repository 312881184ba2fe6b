import { describe, expect, test } from 'vitest';
import type { PrecisionChoice } from '../../../../nodes/core/precision.ts';
import { choosePrecision, type PrecisionNeed } from '../../../../nodes/inference/precision/choose.ts';

const GB = 1e9;
/** Of Z-Image-Turbo in bf16. */
const turbo = { stored: 12.3 * GB, elements: 6.15e9, bfloat16: 6.15e9, inBlocks: 5.98e9 };
const nano = { stored: 0.02 * GB, elements: 5e6, bfloat16: 5e6, inBlocks: 4e6 };

const need = (change: Partial<PrecisionNeed>): PrecisionNeed => ({
  part: 'transformer',
  choice: 'auto',
  sizes: turbo,
  isCpu: true,
  half: false,
  bfloat16: false,
  budgetBytes: 14 * GB,
  hostBytes: 24 * GB,
  ...change,
});
const chosen = (change: Partial<PrecisionNeed>) => choosePrecision(need(change));

describe('auto on a CPU', () => {
  test.each([
    [128, 'f32'],
    [64, 'bf16'],
    [24, 'bf16'],
    [16, 'int8'],
    [12, 'int4'],
    [8, 'int4'],
  ] as const)('with %i GB of memory takes %s', (memory, precision) => {
    expect(chosen({ hostBytes: memory * GB, budgetBytes: memory * 0.6 * GB }).precision).toBe(precision);
  });

  test('leaves small models exact', () => {
    expect(chosen({ sizes: nano, hostBytes: 4 * GB })).toMatchObject({
      precision: 'f32',
      compute: 'float32',
    });
  });
});

describe('auto on a GPU', () => {
  const gpu = (memory: number, half: boolean) =>
    chosen({ isCpu: false, half, budgetBytes: memory * 0.9 * GB });

  test.each([
    [24, true, 'f16', 'float16'],
    [16, true, 'int8', 'float16'],
    [8, true, 'int4', 'float16'],
    [6, true, 'int4', 'float16'],
    [48, false, 'f32', 'float32'],
    [24, false, 'int8', 'float32'],
  ] as const)('of %i GB, half precision %s, takes %s', (memory, half, precision, compute) => {
    expect(gpu(memory, half)).toMatchObject({ precision, compute });
  });

  test.each([
    [24, turbo, 'bf16', 'bfloat16'],
    // Files in another type are converted anyway, then to the one that rounds less.
    [24, { ...turbo, bfloat16: 0 }, 'f16', 'float16'],
    [12, turbo, 'int8', 'float16'],
  ] as const)(
    'of %i GB with bfloat16 takes a file as it is where it fits',
    (memory, sizes, precision, compute) => {
      const budgetBytes = memory * 0.9 * GB;
      expect(chosen({ isCpu: false, half: true, bfloat16: true, sizes, budgetBytes })).toMatchObject({
        precision,
        compute,
      });
    },
  );

  test('leaves small models exact', () => {
    expect(chosen({ isCpu: false, half: true, sizes: nano }).precision).toBe('f32');
  });
});

test.each(['f32', 'bf16', 'f16', 'int8', 'int4'] as const)(
  'a choice of %s is taken',
  (choice: PrecisionChoice) => {
    expect(chosen({ choice })).toMatchObject({ precision: choice, reason: 'chosen' });
  },
);

test('f16 on a GPU without half precision is widened, and both are told', () => {
  const f16 = (half: boolean) => chosen({ isCpu: false, half, choice: 'f16' });
  expect(f16(true)).toMatchObject({ compute: 'float16', reason: 'chosen', bytes: 2 * turbo.elements });
  expect(f16(false)).toMatchObject({
    compute: 'float32',
    reason: 'chosen, though this GPU computes in float32 only',
    bytes: 4 * turbo.elements,
  });
});

test('bf16 on a GPU without bfloat16 is widened, and both are told', () => {
  const bf16 = (bfloat16: boolean, part: PrecisionNeed['part'] = 'transformer') =>
    chosen({ isCpu: false, half: true, bfloat16, choice: 'bf16', part });
  expect(bf16(true)).toMatchObject({ compute: 'bfloat16', reason: 'chosen', bytes: 2 * turbo.elements });
  expect(bf16(false)).toMatchObject({
    compute: 'float32',
    reason: 'chosen, though this GPU widens it to float32',
    bytes: 4 * turbo.elements,
  });
  expect(bf16(true, 'vae')).toMatchObject({ compute: 'float32', bytes: 4 * turbo.elements });
});

test('an autoencoder is never quantised', () => {
  for (const choice of ['auto', 'int4', 'int8'] as const)
    expect(chosen({ part: 'vae', choice }).precision).toBe('f32');
});

test('fewer bits take less memory', () => {
  const bytes = (choice: PrecisionChoice) => chosen({ isCpu: false, half: true, choice }).bytes;
  expect(bytes('f32')).toBeGreaterThan(bytes('f16'));
  expect(bytes('f16')).toBeGreaterThan(bytes('int8'));
  expect(bytes('int8')).toBeGreaterThan(bytes('int4'));
  expect(bytes('int4')).toBeLessThan(4 * GB);
});
