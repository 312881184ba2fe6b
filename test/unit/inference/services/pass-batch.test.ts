import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../../nodes/core/tensor.ts';
import type { TransformerNetwork } from '../../../../nodes/inference/networks.ts';
import { NetworkPool } from '../../../../nodes/inference/services/network-pool.ts';
import { type Pass, PassBatch } from '../../../../nodes/inference/services/pass-batch.ts';
import type { PreparedCaption } from '../../../../nodes/inference/zimage/transformer.ts';

/** A network whose velocity is latent · strength, and which tells how many images each call had. */
function recordingNetwork() {
  const calls: string[] = [];
  const scaled = ({ dims, data }: Tensor, strengthOf: (image: number) => number): Tensor => {
    const size = data.length / (dims[0] ?? 1);
    return { dims, data: data.map((value, i) => value * strengthOf(Math.floor(i / size))) };
  };
  const network: TransformerNetwork = {
    prepareCaption: () => Promise.reject(new Error('not asked for')),
    velocity: async (latents, _sigma, _captions, strengths = []) => {
      calls.push(`alike ${latents.dims[0]}`);
      return scaled(latents, () => strengths[0]?.strength ?? 0);
    },
    imageVelocity: async (latents, _sigma, captions, strengths) => {
      expect(captions).toHaveLength(strengths.length);
      calls.push(`mixed ${latents.dims[0]}`);
      return scaled(latents, (image) => strengths[image]?.[0]?.strength ?? 0);
    },
    dispose: async () => undefined,
  };
  return { network, calls };
}

const caption = {} as PreparedCaption;
const pass = (
  value: number,
  strength: number,
  more: { batch?: number; sigma?: number; side?: number } = {},
): Pass => {
  const { batch = 1, sigma = 1, side = 2 } = more;
  return {
    latents: { dims: [batch, 1, side, side], data: new Float32Array(batch * side * side).fill(value) },
    sigma,
    captions: [caption],
    strengths: [{ strength }],
  };
};

describe('passes asked for at the same time', () => {
  it('become one batch, and everyone gets their own part of it', async () => {
    const { network, calls } = recordingNetwork();
    const batch = new PassBatch(network, Number.POSITIVE_INFINITY, () => 3);
    const results = await Promise.all([
      batch.velocity(pass(1, 10)),
      batch.velocity(pass(2, 100, { batch: 2 })),
      batch.velocity(pass(3, 1000)),
    ]);
    expect(results.map((result) => [result.length, ...new Set(result)])).toEqual([
      [4, 10],
      [8, 200],
      [4, 3000],
    ]);
    expect(calls).toEqual(['mixed 4']);
  });

  it('need no strengths of their own where they have the same', async () => {
    const { network, calls } = recordingNetwork();
    const batch = new PassBatch(network, 0, () => 2);
    await Promise.all([batch.velocity(pass(1, 10)), batch.velocity(pass(2, 10))]);
    expect(calls).toEqual(['alike 2']);
  });

  it('mix strengths up to a size of the picture', async () => {
    const { network, calls } = recordingNetwork();
    const small = new PassBatch(network, 16, () => 2);
    await Promise.all([small.velocity(pass(1, 10, { side: 4 })), small.velocity(pass(2, 20, { side: 4 }))]);
    await Promise.all([small.velocity(pass(1, 10, { side: 6 })), small.velocity(pass(2, 20, { side: 6 }))]);
    expect(calls).toEqual(['mixed 2', 'alike 1', 'alike 1']);
  });

  it('stay apart at other noise levels and sizes, beyond the memory, and where strengths may not mix', async () => {
    const { network, calls } = recordingNetwork();
    const batch = new PassBatch(network, Number.POSITIVE_INFINITY, () => 3);
    const large = { side: 256 };
    await Promise.all([
      batch.velocity(pass(1, 10)),
      batch.velocity(pass(1, 20, { sigma: 0.5 })),
      batch.velocity(pass(1, 20, { side: 4 })),
      batch.velocity(pass(1, 10, large)),
      batch.velocity(pass(1, 20, large)),
    ]);
    expect(calls).toEqual(Array(5).fill('alike 1'));
    calls.length = 0;
    const strict = new PassBatch(network, 0, () => 2);
    const [a, b] = await Promise.all([strict.velocity(pass(1, 10)), strict.velocity(pass(1, 20))]);
    expect([a[0], b[0]]).toEqual([10, 20]);
    expect(calls).toEqual(['alike 1', 'alike 1']);
  });

  it('wait for the runs that are behind, and meet them', async () => {
    const { network, calls } = recordingNetwork();
    const batch = new PassBatch(network, Number.POSITIVE_INFINITY, () => 2);
    const step = (sigma: number, strength: number) => batch.velocity(pass(1, strength, { sigma }));
    const ahead = step(0.5, 10);
    await step(1, 20);
    expect(calls).toEqual(['alike 1']);
    await Promise.all([ahead, step(0.5, 20)]);
    expect(calls).toEqual(['alike 1', 'mixed 2']);
  });

  it('fail together, and those after them run again', async () => {
    const { network } = recordingNetwork();
    let fails = true;
    const { velocity } = network;
    network.velocity = async (...asked) => {
      if (fails) throw new Error('out of memory');
      return velocity(...asked);
    };
    const batch = new PassBatch(network, 0, () => 2);
    const asked = [batch.velocity(pass(1, 10)), batch.velocity(pass(2, 10))];
    for (const one of asked) await expect(one).rejects.toThrow('out of memory');
    fails = false;
    // Alone it waits for a moment only.
    expect((await batch.velocity(pass(1, 10)))[0]).toBe(10);
  });
});

it('a network that several ask for at once is made once', async () => {
  const pool = new NetworkPool(100);
  let made = 0;
  const create = async () => {
    made++;
    return { dispose: async () => undefined };
  };
  await Promise.all(Array.from({ length: 4 }, () => pool.use('one', 10, create, async () => undefined)));
  expect(made).toBe(1);
  expect(pool.residents).toEqual([{ key: 'one', bytes: 10, isInUse: false }]);
});
