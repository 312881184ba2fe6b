import { expect, test } from 'vitest';
import { type Network, NetworkPool } from '../../../../nodes/inference/services/network-pool.ts';

const network = (extraBytes: number) => {
  const own = { extraBytes, isGone: false };
  const made: Network & typeof own = Object.assign(own, {
    dispose: async () => {
      own.isGone = true;
    },
  });
  return made;
};

test('what a network holds beside itself counts, as it grows', async () => {
  const pool = new NetworkPool(100);
  const [a, b, c] = [network(0), network(0), network(0)];
  const use = (name: string, made: Network) =>
    pool.use(
      name,
      40,
      async () => made,
      async () => undefined,
    );
  await use('a', a);
  await use('b', b);
  expect(a.isGone).toBe(false);
  b.extraBytes = 30;
  expect(pool.residents).toEqual([
    { key: 'a', bytes: 40, isInUse: false },
    { key: 'b', bytes: 70, isInUse: false },
  ]);
  await use('c', c);
  expect([a.isGone, b.isGone, c.isGone]).toEqual([true, true, false]);
  expect(pool.residents).toEqual([{ key: 'c', bytes: 40, isInUse: false }]);
});

test('room is made by what those that go really held', async () => {
  const pool = new NetworkPool(100);
  const [a, b, c] = [network(30), network(0), network(0)];
  for (const [name, made] of Object.entries({ a, b, c }))
    await pool.use(
      name,
      30,
      async () => made,
      async () => undefined,
    );
  expect([a.isGone, b.isGone, c.isGone]).toEqual([true, false, false]);
});
