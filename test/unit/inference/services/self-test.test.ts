import { expect, test } from 'vitest';
import { largestDifference, runSelfTest } from '../../../../nodes/inference/services/self-test.ts';

test('the processor agrees with its own plain operators', async () => {
  const report = await runSelfTest('cpu');
  expect(report).toMatchObject({ provider: 'cpu', verdict: 'right' });
  // Two ways to compute the same differ in their rounding, or nothing was compared.
  expect(report.error).toBeGreaterThan(0);
  expect(report.error).toBeLessThan(1e-4);
  expect(report.milliseconds).toBeGreaterThan(0);
});

test('a provider that is not there fails with the reason', async () => {
  const provider = process.platform === 'darwin' ? 'dml' : 'coreml';
  expect(await runSelfTest(provider)).toMatchObject({ verdict: 'failed', message: expect.any(String) });
});

test('differences are relative to the largest value, and no number is never right', () => {
  expect(largestDifference(Float32Array.of(1, 2.5), Float32Array.of(1, 2))).toBe(0.25);
  expect(largestDifference(Float32Array.of(1, Number.NaN), Float32Array.of(1, 2))).toBeNaN();
  expect(largestDifference(Float32Array.of(1), Float32Array.of(1, 2))).toBeNaN();
});
