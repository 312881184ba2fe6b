import { describe, expect, it } from 'vitest';
import {
  accepts,
  bytesOfValue,
  convertValue,
  describeValue,
  type SocketType,
  type SocketValues,
  sockets,
} from '../../../nodes/core/sockets.ts';
import { tensor } from '../../../nodes/core/tensor.ts';

const types = Object.keys(sockets) as SocketType[];
const part = { file: { name: 'nano/transformer', sha256: '00' }, layout: 'zimage/diffusers' };

/** A value of every type with the line and the bytes it should get. */
const examples: { [T in SocketType]: [value: SocketValues[T], line: string, bytes: number] } = {
  MODEL: [
    { part, adapters: [{ file: { name: 'glossy', sha256: '1' }, strength: 1 }], shift: 3 },
    'nano/transformer + glossy',
    0,
  ],
  TEXT_ENCODER: [{ part }, 'nano/transformer', 0],
  VAE: [{ part, scalingFactor: 1, shiftFactor: 0, latentChannels: 16 }, 'nano/transformer', 0],
  CONDITIONING: [
    {
      captions: [
        { text: 'a cat', features: tensor([1, 8]) },
        { text: 'x'.repeat(100), features: tensor([2, 8]) },
      ],
    },
    `1 token “a cat”, 2 tokens “${'x'.repeat(57)}…”`,
    96,
  ],
  LATENT: [{ samples: tensor([2, 16, 4, 6]), channels: 16 }, 'latent 16×4×6, batch of 2', 3072],
  IMAGE: [{ pixels: tensor([1, 4, 6, 3]) }, 'image 6×4', 288],
  MASK: [{ values: tensor([1, 4, 6]) }, 'mask 6×4', 96],
  NOISE: [{ generator: 'cpu', seeds: [1n, 2n] }, 'cpu noise, seed 1, 2', 0],
  SIGMAS: [[1, 0.1234567, 0], '2 steps: 1 0.123457 0', 24],
  SAMPLER: [{ name: 'euler' }, 'euler', 0],
  CURVE: [
    [
      [0, 1],
      [0.5, 0.25],
    ],
    '1 at 0 %, 0.25 at 50 %',
    32,
  ],
  SEED: [[2n ** 64n - 1n], '18446744073709551615', 8],
  INT: [3, '3', 8],
  FLOAT: [0.1 + 0.2, '0.3', 8],
  TEXT: ['hello', 'hello', 10],
  BOOLEAN: [true, 'yes', 1],
};

describe('sockets', () => {
  it.each(types)('describes and weighs %s', (type) => {
    const [value, line, bytes] = examples[type];
    expect(describeValue(type, value)).toBe(line);
    expect(bytesOfValue(type, value)).toBe(bytes);
  });

  it('fits a whole number into numbers and seeds, and nothing else into another type', () => {
    const fits = types.flatMap((to) =>
      types.filter((from) => to !== from && accepts(to, from)).map((from) => `${from} > ${to}`),
    );
    expect(fits.sort()).toEqual(['INT > FLOAT', 'INT > SEED']);
    for (const type of types) expect(accepts(type, type)).toBe(true);
  });

  it('turns a whole number into a seed, negative ones by two’s complement as PyTorch does', () => {
    expect(convertValue('SEED', 'INT', 5)).toEqual([5n]);
    expect(convertValue('SEED', 'INT', -1)).toEqual([2n ** 64n - 1n]);
    expect(convertValue('FLOAT', 'INT', 5)).toBe(5);
    const seeds = [1n, 2n];
    expect(convertValue('SEED', 'SEED', seeds)).toBe(seeds);
  });
});
