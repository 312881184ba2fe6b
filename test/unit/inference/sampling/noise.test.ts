import { describe, expect, it } from 'vitest';
import { rowsOf } from '../../../../nodes/core/tensor.ts';
import type { NoiseRecipe } from '../../../../nodes/core/values.ts';
import { drawNoise } from '../../../../nodes/inference/sampling/noise.ts';
import { maxDifference } from '../../../support/max-difference.ts';

const SHAPE = [1, 16, 8, 8];
const cpu = (seeds: readonly bigint[], variation?: NoiseRecipe['variation']): NoiseRecipe => ({
  generator: 'cpu',
  seeds,
  ...(variation && { variation }),
});
const draw = (recipe: NoiseRecipe, dims = SHAPE) => drawNoise(recipe, dims).data;
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const lengthOf = (a: Float32Array) => Math.sqrt(dot(a, a));
const angleBetween = (a: Float32Array, b: Float32Array) => Math.acos(dot(a, b) / (lengthOf(a) * lengthOf(b)));

describe.each(['cpu', 'cuda'] as const)('seeds of the %s generator', (generator) => {
  it('draw the whole batch with one seed, so its images differ', () => {
    const noise = drawNoise({ generator, seeds: [7n] }, [2, 16, 8, 8]);
    const [first, second] = rowsOf(noise);
    expect(noise.dims).toEqual([2, 16, 8, 8]);
    expect(maxDifference(first!.data, second!.data)).toBeGreaterThan(1);
  });

  it('draw one image each with several, the same as alone', () => {
    const noise = drawNoise({ generator, seeds: [7n, 8n] }, [2, 16, 8, 8]);
    for (const [i, row] of rowsOf(noise).entries())
      expect(row.data).toEqual(draw({ generator, seeds: [7n + BigInt(i)] }));
  });

  it('repeat themselves', () => {
    expect(draw({ generator, seeds: [3n] })).toEqual(draw({ generator, seeds: [3n] }));
  });
});

describe('seeds that differ in the high 32 bits only', () => {
  const [low, high] = [42n, 42n + 2n ** 32n];

  it('are one seed on the CPU, as in PyTorch', () => {
    expect(draw(cpu([high]))).toEqual(draw(cpu([low])));
  });

  it('are two seeds on a GPU', () => {
    const onGpu = (seed: bigint) => draw({ generator: 'cuda', seeds: [seed] });
    expect(maxDifference(onGpu(low), onGpu(high))).toBeGreaterThan(1);
    expect(maxDifference(onGpu(2n ** 64n - 1n), onGpu(2n ** 32n - 1n))).toBeGreaterThan(1);
  });
});

describe('variation', () => {
  const base = draw(cpu([1n]));
  const other = draw(cpu([2n]));
  const mixed = (strength: number) => draw(cpu([1n], { seed: 2n, strength }));

  it('is the base at 0 and the other seed at 1', () => {
    expect(mixed(0)).toEqual(base);
    expect(maxDifference(mixed(1), other)).toBeLessThan(1e-6);
  });

  it.each([0.1, 0.5, 0.8])('turns by its share of the angle at %s', (strength) => {
    const share = angleBetween(base, mixed(strength)) / angleBetween(base, other);
    // Unequal lengths of the two ends move the angle a little.
    expect(share).toBeCloseTo(strength, 1);
  });

  it.each([0.25, 0.5, 0.75])(
    'keeps the length of noise at %s, where a straight mix would not',
    (strength) => {
      const typical = Math.sqrt(base.length);
      expect(lengthOf(mixed(strength)) / typical).toBeGreaterThan(0.93);
      expect(lengthOf(mixed(strength)) / typical).toBeLessThan(1.07);
      const straight = base.map((value, i) => value + strength * (other[i]! - value));
      expect(lengthOf(straight) / typical).toBeLessThan(0.85);
    },
  );

  it('mixes every image of a batch by itself', () => {
    const recipe = cpu([1n], { seed: 2n, strength: 0.5 });
    const [first] = rowsOf(drawNoise(recipe, [2, 16, 8, 8]));
    expect(first!.data).toEqual(draw(recipe));
  });

  it('changes nothing where both seeds are the same', () => {
    expect(maxDifference(draw(cpu([1n], { seed: 1n, strength: 0.5 })), base)).toBeLessThan(1e-6);
  });
});
