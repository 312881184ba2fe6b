import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tensor } from '../../nodes/core/tensor.ts';
import type { Adapter } from '../../nodes/inference/adapters/adapter.ts';
import { type AdapterInUse, bake } from '../../nodes/inference/adapters/bake.ts';
import type { AdapterStrength } from '../../nodes/inference/adapters/blocks.ts';
import { type LiveAdapter, liveAdapter } from '../../nodes/inference/adapters/live-adapter.ts';
import { readAdapter } from '../../nodes/inference/adapters/read-adapter.ts';
import { fitsSlots } from '../../nodes/inference/adapters/slot-factors.ts';
import { type OpenedPart, openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { runtimeCounters } from '../../nodes/inference/ort/counters.ts';
import { listOperators } from '../../nodes/inference/ort/node-placement.ts';
import { ZImageTransformer } from '../../nodes/inference/zimage/transformer.ts';
import { readAll, writeCopy, zimageInComfyNames } from '../support/checkpoint-copies.ts';
import { goldenPath, nanoPath, nanoReferencePath } from '../support/fixture-paths.ts';
import { goldenJson, loadGolden, loadTensors, pick } from '../support/golden.ts';
import { maxDifference } from '../support/max-difference.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testProviders } from '../support/webgpu.ts';

type Transformer = OpenedPart<'transformer'>;
interface Cases {
  readonly adapters: Readonly<
    Record<string, { readonly file: string; readonly modules?: readonly string[] }>
  >;
}

const tolerance = 1e-4;
const { adapters } = goldenJson<Cases>('adapters-zimage-tiny/cases.json');
const names = Object.keys(adapters);
const adapterPath = (name: string) => goldenPath(`adapters-zimage-tiny/${adapters[name]!.file}`);

const tiny = await openPart(goldenPath('zimage-transformer-tiny'), 'transformer');
const input = await loadGolden('zimage-transformer-tiny/square-16x16-cap21.safetensors');
const expected = await loadGolden('adapters-zimage-tiny/expected.safetensors');

/** The references give the network's output; our velocity is its negative. */
const reference = (name: string, strength: string) =>
  (expected.get(`${name}.output@${strength}`) ?? pick(expected, `${name}.comfy_output@${strength}`)).data.map(
    (value) => -value,
  );
const unadapted = pick(input, 'output.1').data.map((value) => -value);

async function open(
  { weights, config }: Transformer,
  list: readonly Adapter[] = [],
  provider: (typeof testProviders)[number] = 'cpu',
): Promise<ZImageTransformer> {
  return new ZImageTransformer(weights, config, {
    provider,
    weights: 'packed',
    attention: provider === 'webgpu' ? { kind: 'primitive', chunks: 1 } : { kind: 'fused' },
    forbidCpuFallback: provider === 'webgpu',
    adapters: await Promise.all(list.map((adapter) => liveAdapter(adapter, weights))),
  });
}

async function velocity(model: ZImageTransformer, strengths: readonly AdapterStrength[] = []) {
  const caption = await model.prepareCaption(pick(input, 'cap_feats.0'));
  return (await model.velocity(pick(input, 'latents'), 0.7, [caption], strengths)).data;
}

async function bakedVelocity(model: Transformer, list: readonly AdapterInUse[]): Promise<Float32Array> {
  const to = join(await tempFolder(), 'baked.safetensors');
  await bake({ model, adapters: list, to, recipe: 'test' });
  const baked = await openPart(to, 'transformer');
  expect(baked.layout).toBe(model.layout);
  expect(baked.config).toEqual(model.config);
  const opened = await open(baked);
  const result = await velocity(opened);
  await opened.dispose();
  return result;
}

async function inComfyLayout(): Promise<Transformer> {
  const file = join(await tempFolder(), 'z-image.safetensors');
  const all = await readAll(goldenPath('zimage-transformer-tiny/diffusion_pytorch_model.safetensors'));
  await writeCopy(file, zimageInComfyNames(all));
  return { ...(await openPart(file, 'transformer')), config: tiny.config };
}

const allAdapters = () => Promise.all(names.map((name) => readAdapter(adapterPath(name), tiny.weights)));
const only = (name: string, strength: number): AdapterStrength[] =>
  names.map((other) => ({ strength: other === name ? strength : 0 }));

test.each(names)('every key of %s finds its layer', async (name) => {
  const adapter = await readAdapter(adapterPath(name), tiny.weights);
  const modules = [...adapter.modules.keys()].map((module) => `${module}.weight`).sort();
  // The list does not name the layers of the DoRA file.
  const dora = ['attention.to_out.0', 'attention.to_q', 'feed_forward.w2'];
  expect(modules).toEqual(adapters[name]!.modules ?? dora.map((module) => `layers.1.${module}.weight`));
  expect([adapter.unmatchedKeys, adapter.misfits, adapter.notices]).toEqual([[], [], []]);
});

describe.each(testProviders)('live on %s, all files stacked in one session', (provider) => {
  let model: ZImageTransformer;
  beforeAll(async () => {
    model = await open(tiny, await allAdapters(), provider);
  });
  afterAll(() => model.dispose());

  test.each(names)('%s alone equals the reference', async (name) => {
    for (const strength of ['0.5', '1.0']) {
      const result = await velocity(model, only(name, Number(strength)));
      expect(maxDifference(result, reference(name, strength))).toBeLessThan(tolerance);
    }
  });

  test('all off is the base model', async () => {
    expect(maxDifference(await velocity(model), unadapted)).toBeLessThan(tolerance);
  });

  test('each in an image of its own, all images in one batch', async () => {
    const caption = await model.prepareCaption(pick(input, 'cap_feats.0'));
    const { dims, data } = pick(input, 'latents');
    // A GPU in software takes minutes for all of them.
    const some = provider === 'webgpu' ? names.slice(0, 1) : names;
    const count = some.length + 1;
    const latents = { dims: [count, ...dims.slice(1)], data: new Float32Array(count * data.length) };
    for (let image = 0; image < count; image++) latents.data.set(data, image * data.length);
    const strengths = [...some.map((name) => only(name, 1)), []];
    const result = await model.imageVelocity(latents, 0.7, [caption], strengths);
    for (const [image, name] of [...some, undefined].entries()) {
      const own = result.data.subarray(image * data.length, (image + 1) * data.length);
      const wanted = name === undefined ? unadapted : reference(name, '1.0');
      expect(maxDifference(own, wanted)).toBeLessThan(tolerance);
    }
  });
});

test('live equals the reference over a base in ComfyUI’s layout', async () => {
  const model = await open(await inComfyLayout(), await allAdapters());
  for (const name of names) {
    expect(maxDifference(await velocity(model, only(name, 1)), reference(name, '1.0'))).toBeLessThan(
      tolerance,
    );
  }
  await model.dispose();
});

describe('in slots, one network for all files', () => {
  let model: ZImageTransformer;
  let live: Map<string, LiveAdapter>;
  let sessions: number;
  beforeAll(async () => {
    live = new Map();
    for (const name of names)
      live.set(name, await liveAdapter(await readAdapter(adapterPath(name), tiny.weights), tiny.weights));
    model = new ZImageTransformer(tiny.weights, tiny.config, {
      provider: 'cpu',
      weights: 'packed',
      attention: { kind: 'fused' },
      slots: 2,
    });
    await model.open();
    sessions = runtimeCounters.sessionsCreated;
  });
  afterAll(() => model.dispose());
  const under = (...list: string[]) => model.adaptedBy(list.map((name) => live.get(name)!));
  const fitting = names.filter((name) => name !== 'lokr-dora');

  test('all but DoRA fit', () => {
    expect(names.filter((name) => fitsSlots(live.get(name)!.adapter))).toEqual(fitting);
  });

  test.each(fitting)('%s equals the reference after any other', async (name) => {
    for (const strength of ['0.5', '1.0']) {
      const result = await velocity(await under(name), [{ strength: Number(strength) }]);
      expect(maxDifference(result, reference(name, strength))).toBeLessThan(tolerance);
    }
    expect(runtimeCounters.sessionsCreated).toBe(sessions);
  });

  test('in the second slot, over another that is off, and with none', async () => {
    for (const name of fitting) {
      const stacked = await under('lokr-aitoolkit-full-bf16', name);
      const result = await velocity(stacked, [{ strength: 0 }, { strength: 1 }]);
      expect(maxDifference(result, reference(name, '1.0'))).toBeLessThan(tolerance);
    }
    // Empty slots change no bit.
    const bare = await open(tiny);
    expect(await velocity(await under())).toEqual(await velocity(bare));
    await bare.dispose();
    sessions += 2;
    expect(runtimeCounters.sessionsCreated).toBe(sessions);
  });

  test('two at once, with block strengths, are what they are when built in', async () => {
    const pair = ['lokr-comfy-fused-qkv', 'lora-aitoolkit'];
    const strengths: AdapterStrength[] = [
      { strength: 0.8, blocks: { 'layers.1': -0.5 } },
      { strength: -0.4, blocks: { 'layers.0': 0 } },
    ];
    const result = await velocity(await under(...pair), strengths);
    const builtIn = await open(
      tiny,
      pair.map((name) => live.get(name)!.adapter),
    );
    expect(maxDifference(result, await velocity(builtIn, strengths))).toBeLessThan(1e-5);
    expect(maxDifference(result, unadapted)).toBeGreaterThan(0.01);
    await builtIn.dispose();
  });

  test('at a strength of its own for each image', async () => {
    const stacked = await under('lokr-lycoris-underscore-lowrank', 'mixed-lokr-lora');
    const caption = await stacked.prepareCaption(pick(input, 'cap_feats.0'));
    const { dims, data } = pick(input, 'latents');
    const latents = { dims: [3, ...dims.slice(1)], data: new Float32Array(3 * data.length) };
    for (let image = 0; image < 3; image++) latents.data.set(data, image * data.length);
    const strengths = [[{ strength: 1 }], [{ strength: 0 }, { strength: 0.5 }], []];
    const result = await stacked.imageVelocity(latents, 0.7, [caption], strengths);
    const wanted = [
      reference('lokr-lycoris-underscore-lowrank', '1.0'),
      reference('mixed-lokr-lora', '0.5'),
      unadapted,
    ];
    for (const [image, own] of wanted.entries())
      expect(
        maxDifference(result.data.subarray(image * data.length, (image + 1) * data.length), own),
      ).toBeLessThan(tolerance);
  });
});

describe.runIf(testProviders.some((name) => name === 'webgpu'))('in slots on webgpu', () => {
  const fallbacks: string[] = [];
  let model: ZImageTransformer;
  let sessions: number;
  const read = async (name: string) =>
    liveAdapter(await readAdapter(adapterPath(name), tiny.weights), tiny.weights);
  beforeAll(async () => {
    model = new ZImageTransformer(tiny.weights, tiny.config, {
      provider: 'webgpu',
      weights: 'packed',
      attention: { kind: 'primitive', chunks: 1 },
      slots: 2,
      onFallback: (operators) => fallbacks.push(listOperators(operators)),
    });
    await model.open();
    // The first run of a session is watched: both slots, and with them w2 as one matrix and as two.
    const pair = await Promise.all(['lokr-aitoolkit-full-bf16', 'lora-kohya-underscore-alpha'].map(read));
    await velocity(await model.adaptedBy(pair), [{ strength: 1 }, { strength: 1 }]);
    sessions = runtimeCounters.sessionsCreated;
  });
  afterAll(() => model.dispose());

  test.each(names.filter((name) => name !== 'lokr-dora'))('%s equals the reference', async (name) => {
    const network = await model.adaptedBy([await read(name)]);
    const caption = await network.prepareCaption(pick(input, 'cap_feats.0'), [{ strength: 1 }]);
    const result = await network.velocity(pick(input, 'latents'), 0.7, [caption], [{ strength: 1 }]);
    expect(maxDifference(result.data, reference(name, '1.0'))).toBeLessThan(tolerance);
    expect(runtimeCounters.sessionsCreated).toBe(sessions);
  });

  test('nothing is computed on the CPU', () => {
    expect(fallbacks).toEqual([]);
  });
});

describe('baked', () => {
  test.each(names)('%s equals the reference', async (name) => {
    const adapter = await readAdapter(adapterPath(name), tiny.weights);
    for (const strength of ['0.5', '1.0']) {
      const result = await bakedVelocity(tiny, [{ adapter, strength: Number(strength) }]);
      expect(maxDifference(result, reference(name, strength))).toBeLessThan(tolerance);
    }
  });

  test('a base in ComfyUI’s layout keeps it, q, k and v stacked', async () => {
    const model = await inComfyLayout();
    for (const name of ['lokr-aitoolkit-full-bf16', 'lokr-comfy-fused-qkv', 'lora-aitoolkit']) {
      const adapter = await readAdapter(adapterPath(name), model.weights);
      const result = await bakedVelocity(model, [{ adapter, strength: 1 }]);
      expect(maxDifference(result, reference(name, '1.0'))).toBeLessThan(tolerance);
    }
  });

  test('several adapters with block strengths agree with the live branch', async () => {
    const list = await Promise.all(
      ['lokr-aitoolkit-full-bf16', 'lokr-comfy-fused-qkv', 'lokr-dora', 'loha'].map((name) =>
        readAdapter(adapterPath(name), tiny.weights),
      ),
    );
    const strengths: AdapterStrength[] = [
      { strength: 0.7, blocks: { 'layers.0': 0, 'layers.2': 0.5 } },
      { strength: -0.4 },
      { strength: 0.6 },
      { strength: 1.5, blocks: { 'layers.2': -1 } },
    ];
    const model = await open(tiny, list);
    const live = await velocity(model, strengths);
    const baked = await bakedVelocity(
      tiny,
      list.map((adapter, i) => ({ adapter, ...strengths[i]! })),
    );
    const size = Math.max(...baked.map(Math.abs));
    expect(maxDifference(live, baked) / size).toBeLessThan(1e-4);
    expect(maxDifference(live, unadapted) / size).toBeGreaterThan(0.05);
    await model.dispose();
  });
});

test('a change of strength creates no session and reads no file', async () => {
  const file = join(await tempFolder(), 'adapter.safetensors');
  await copyFile(adapterPath('lokr-lycoris-underscore-lowrank'), file);
  const model = await open(tiny, [await readAdapter(file, tiny.weights)]);
  const before = await velocity(model, [{ strength: 0.5 }]);
  const { sessionsCreated } = runtimeCounters;
  await rm(file);
  const results = [before];
  for (const strength of [0.75, 1, -0.3, 0]) results.push(await velocity(model, [{ strength }]));
  results.push(await velocity(model, [{ strength: 0.5, blocks: { 'layers.2': 0 } }]));
  expect(runtimeCounters.sessionsCreated).toBe(sessionsCreated);
  for (const [i, result] of results.entries()) {
    for (const other of results.slice(0, i)) expect(maxDifference(result, other)).toBeGreaterThan(1e-3);
  }
  expect(await velocity(model, [{ strength: 0.5 }])).toEqual(before);
  await model.dispose();
});

describe('the embedded model with its glossy adapter', () => {
  const steps = 8;
  const curves = {
    '0.5': Array(steps).fill(0.5),
    '1.0': Array(steps).fill(1),
    '-0.5': Array(steps).fill(-0.5),
    'skip-last': [...Array(steps - 1).fill(1), 0],
  };
  let model: ZImageTransformer;
  let noise: Map<string, Tensor>;
  let latents: Map<string, Tensor>;
  beforeAll(async () => {
    noise = await loadTensors(nanoReferencePath('reference.safetensors'));
    latents = await loadTensors(nanoReferencePath('adapter-reference.safetensors'));
    const nano = await openPart(nanoPath('.'), 'transformer');
    model = await open(nano, [
      await readAdapter(nanoPath('adapters/nano-glossy-lokr.safetensors'), nano.weights),
    ]);
  });
  afterAll(() => model.dispose());

  test.each(Object.entries(curves))('strength %s', async (name, curve) => {
    const sigmas = pick(noise, 'sigmas').data;
    for (const prompt of ['p0', 'p1', 'p2']) {
      const caption = await model.prepareCaption(pick(noise, `${prompt}.prompt_embeds`));
      const x = pick(noise, `${prompt}.noise`).data.slice();
      const { dims } = pick(noise, `${prompt}.noise`);
      for (const [step, strength] of curve.entries()) {
        const v = await model.velocity({ dims, data: x }, sigmas[step]!, [caption], [{ strength }]);
        for (const i of x.keys()) x[i] = x[i]! + (sigmas[step + 1]! - sigmas[step]!) * v.data[i]!;
      }
      expect(maxDifference(x, pick(latents, `${prompt}.latents@${name}`).data)).toBeLessThan(1e-3);
    }
  });
});
