import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CacheEntry, ValueCache } from '../../../nodes/execution/value-cache.ts';

const entry = (bytes: number): CacheEntry => ({
  outputs: {},
  descriptions: {},
  artifacts: [],
  notices: [],
  facts: [],
  bytes,
});

describe('ValueCache', () => {
  it('drops the least recently used first, and never what is in use', () => {
    const cache = new ValueCache(30);
    for (const key of [1, 2, 3]) cache.set(key, entry(10));
    cache.get(1);
    cache.retain(2);
    cache.set(4, entry(20));
    expect([1, 2, 3, 4].map((key) => cache.has(key))).toEqual([false, true, false, true]);
    cache.release(2);
    cache.set(5, entry(10));
    expect([2, 4, 5].map((key) => cache.has(key))).toEqual([false, true, true]);
  });

  it('keeps a value until it was released as often as it was retained', () => {
    const cache = new ValueCache(0);
    cache.retain(1);
    cache.retain(1);
    cache.set(1, entry(10));
    cache.release(1);
    expect(cache.bytes).toBe(10);
    cache.clear();
    expect(cache.has(1)).toBe(true);
    cache.release(1);
    expect(cache.has(1)).toBe(false);
    expect(cache.bytes).toBe(0);
  });

  it('weighs right and stays within its budget, but for what is in use', () => {
    const key = fc.nat(5);
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, bytes: fc.nat(40) }),
      fc.record({
        do: fc.constantFrom('get' as const, 'retain' as const, 'release' as const),
        key,
        bytes: fc.constant(0),
      }),
      fc.record({ do: fc.constant('setBudget' as const), key: fc.constant(0), bytes: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const cache = new ValueCache(50);
        let budget = 50;
        const uses = new Map<number, number>();
        const sizes = new Map<number, number>();
        for (const { do: action, key: at, bytes } of steps) {
          const known = new Set([...sizes.keys()].filter((each) => cache.has(each)));
          if (action === 'set') {
            cache.set(at, entry(bytes));
            sizes.set(at, bytes);
            known.add(at);
          } else if (action === 'setBudget') {
            budget = bytes;
            cache.setBudget(bytes);
          } else if (action === 'get') cache.get(at);
          else if (action === 'retain') {
            cache.retain(at);
            uses.set(at, (uses.get(at) ?? 0) + 1);
          } else if ((uses.get(at) ?? 0) > 0) {
            cache.release(at);
            uses.set(at, (uses.get(at) ?? 0) - 1);
          }
          const held = [...sizes].filter(([each]) => cache.has(each));
          expect(cache.bytes).toBe(held.reduce((sum, [, size]) => sum + size, 0));
          for (const each of known) if ((uses.get(each) ?? 0) > 0) expect(cache.has(each)).toBe(true);
          const free = held.filter(([each]) => !(uses.get(each) ?? 0));
          if (cache.bytes > budget) expect(free).toEqual([]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
