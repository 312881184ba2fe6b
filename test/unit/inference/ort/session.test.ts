import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../../nodes/core/errors.ts';
import { Graph } from '../../../../nodes/inference/onnx/graph.ts';
import { runtimeCounters } from '../../../../nodes/inference/ort/counters.ts';
import { type Feed, Session } from '../../../../nodes/inference/ort/session.ts';

const settings = { provider: 'cpu', weights: 'packed' } as const;

const floats = (dims: readonly number[], ...data: number[]): Feed => ({
  dims,
  data: Float32Array.from(data),
});

describe('a session', () => {
  let session: Session;
  beforeAll(async () => {
    const graph = new Graph('sum of pairs');
    const a = graph.input('a', 'float32', ['rows', 2]);
    const b = graph.input('b', 'float32', ['rows', 2]);
    graph.output('sum', graph.add(a, b));
    session = await Session.create(graph.build(), settings);
  });
  afterAll(() => session.release());

  it('runs with any size that fits', async () => {
    for (const rows of [1, 3]) {
      const x = { dims: [rows, 2], data: new Float32Array(rows * 2).fill(2) };
      const { sum } = await session.run({ a: x, b: x });
      expect(sum).toEqual({ dims: [rows, 2], data: new Float32Array(rows * 2).fill(4) });
    }
  });

  const good = floats([1, 2], 1, 2);
  it.each<[string, Record<string, Feed>, string]>([
    ['a missing feed', { a: good }, 'Feed b of the sum of pairs is missing; it takes float32[rows, 2].'],
    ['an unknown feed', { a: good, b: good, c: good }, 'The sum of pairs has no input c.'],
    [
      'another rank',
      { a: floats([2], 1, 2), b: good },
      'Feed a of the sum of pairs is [2]; it takes float32[rows, 2].',
    ],
    ['another fixed size', { a: floats([1, 3], 1, 2, 3), b: good }, 'is [1, 3]; it takes float32[rows, 2]'],
    [
      'two sizes for one name',
      { a: good, b: floats([2, 2], 1, 2, 3, 4) },
      'Feed b of the sum of pairs is [2, 2]',
    ],
    [
      'another type',
      { a: good, b: { dims: [1, 2], data: BigInt64Array.of(1n, 2n) } },
      'Feed b of the sum of pairs is int64',
    ],
    ['too few values', { a: good, b: floats([1, 2], 1) }, 'has 1 values for [1, 2]'],
  ])('refuses %s before the runtime sees it', async (_, feeds, message) => {
    const { runs } = runtimeCounters;
    await expect(session.run(feeds)).rejects.toThrow(message);
    expect(runtimeCounters.runs).toBe(runs);
  });

  it('is counted, and gone after its release', async () => {
    const before = { ...runtimeCounters };
    const graph = new Graph('twice');
    const x = graph.input('x', 'float32', [1]);
    graph.output('y', graph.add(x, x));
    const other = await Session.create(graph.build(), settings);
    await other.run({ x: floats([1], 1) });
    await other.release();
    await other.release();
    expect(runtimeCounters).toMatchObject({
      sessionsCreated: before.sessionsCreated + 1,
      sessionsReleased: before.sessionsReleased + 1,
      runs: before.runs + 1,
    });
    await expect(other.run({ x: floats([1], 1) })).rejects.toThrow('The twice was already released.');
  });
});

describe('weights in a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kronode-weights-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** y = x · wᵀ with w = [[1, 2]] at an odd offset. */
  const product = async (
    dtype: 'F32' | 'BF16' | 'F16',
    content: Uint8Array,
    weights: 'packed' | 'mapped',
  ) => {
    const file = join(folder, `${dtype}-${weights}.bin`);
    await writeFile(file, Buffer.concat([Buffer.alloc(3), content]));
    const graph = new Graph('product');
    const source = { dtype, shape: [1, 2], file, offset: 3, byteLength: dtype === 'F32' ? 8 : 4 };
    graph.output('y', graph.linear(graph.input('x', 'float32', ['rows', 2]), graph.weight('w', source)));
    const session = await Session.create(graph.build(), { provider: 'cpu', weights });
    try {
      return [...((await session.run({ x: floats([1, 2], 10, 1) })).y?.data ?? [])];
    } finally {
      await session.release();
    }
  };

  const stored = {
    F32: new Uint8Array(Float32Array.of(1, 2).buffer),
    BF16: new Uint8Array(Uint16Array.of(0x3f80, 0x4000).buffer),
    F16: new Uint8Array(Uint16Array.of(0x3c00, 0x4000).buffer),
  };
  it.each(['F32', 'BF16', 'F16'] as const)('are read in place as %s', async (dtype) => {
    expect(await product(dtype, stored[dtype], 'packed')).toEqual([12]);
    expect(await product(dtype, stored[dtype], 'mapped')).toEqual([12]);
  });

  it('that end too early are a sentence', async () => {
    const broken = product('F32', new Uint8Array(4), 'packed');
    await expect(broken).rejects.toThrow(UserError);
    await expect(broken).rejects.toThrow(
      'The product could not be loaded on cpu: a file with its weights is shorter than when it was opened',
    );
  });
});
