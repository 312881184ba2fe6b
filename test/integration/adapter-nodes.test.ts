import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDocument } from '../../nodes/document/open.ts';
import { applyOverride } from '../../nodes/document/overrides.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { Engine } from '../../nodes/engine.ts';
import type { Artifact } from '../../nodes/execution/context.ts';
import type { RunEvent } from '../../nodes/execution/events.ts';
import { Cancelled, NodeFailure } from '../../nodes/execution/failure.ts';
import { runtimeCounters } from '../../nodes/inference/ort/counters.ts';
import { createServices, type EngineServices } from '../../nodes/inference/services/index.ts';
import { library } from '../../nodes/library/index.ts';
import { nanoPath } from '../support/fixture-paths.ts';

const glossy = 'nano/adapters/nano-glossy-lokr.safetensors';
let services: EngineServices;
let engine: Engine;
let models: string;
/** Prompt, adapter, sampler, picture; `end` only shows it. */
let base: Document;

beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), 'kronode-models-'));
  services = await createServices({
    modelFolders: [models, nanoPath('..')],
    pictureFolders: [],
    outputFolder: models,
    provider: 'cpu',
  });
  engine = new Engine(services);
  const text = await readFile(new URL('../../workflows/live-strength.kronode.json', import.meta.url), 'utf8');
  const { document } = openDocument(text, library);
  base = {
    ...applyOverride(document, library, 'schedule.steps=2'),
    nodes: {
      ...applyOverride(document, library, 'schedule.steps=2').nodes,
      save: { type: 'images.preview', version: 1, at: [0, 0], inputs: {} },
    },
  };
});
afterAll(async () => {
  await services?.dispose();
  await rm(models, { recursive: true, force: true });
});

interface Outcome {
  readonly pictures: readonly (Artifact & { readonly kind: 'shown-picture' })[];
  readonly events: readonly RunEvent[];
  readonly sessions: number;
  /** How often each node really ran. */
  readonly ran: Readonly<Record<string, number>>;
}

async function run(document: Document, signal = new AbortController().signal): Promise<Outcome> {
  const before = runtimeCounters.sessionsCreated;
  const events: RunEvent[] = [];
  const result = await engine.run(document, { signal, onEvent: (event) => events.push(event) });
  const ran: Record<string, number> = {};
  for (const { node, cached } of result.timings) if (!cached) ran[node] = (ran[node] ?? 0) + 1;
  return {
    pictures: result.artifacts.flatMap(({ artifact }) =>
      artifact.kind === 'shown-picture' ? [artifact] : [],
    ),
    events,
    sessions: runtimeCounters.sessionsCreated - before,
    ran,
  };
}

/** The document with a node more, wired by `from.output > input`. */
function withNode(
  document: Document,
  id: string,
  type: string,
  inputs: Document['nodes'][string]['inputs'],
  ...wires: string[]
): Document {
  return {
    ...document,
    nodes: { ...document.nodes, [id]: { type, version: 1, at: [0, 0], inputs } },
    wires: {
      ...document.wires,
      ...Object.fromEntries(
        wires.map((wire, i) => {
          const [from = '', input = ''] = wire.split(' > ');
          const [node = '', output = ''] = from.split('.');
          return [`${id}${i}`, { from: [node, output], to: [id, input] }];
        }),
      ),
    } as Document['wires'],
  };
}

/** The document whose sampler takes its model from another node. */
const sampling = (document: Document, from: string): Document => ({
  ...document,
  wires: Object.fromEntries(
    Object.entries(document.wires).map(([id, wire]) =>
      wire.to[0] === 'sample' && wire.to[1] === 'model'
        ? [id, { ...wire, from: [from, 'model'] }]
        : [id, wire],
    ),
  ),
});

const pixels = async (document: Document) => (await run(document)).pictures[0]!.png;
/** What the sampler gives. */
async function latentOf(document: Document): Promise<Float32Array> {
  let samples: Float32Array | undefined;
  const keep = services.autoencoder.decode;
  Object.assign(services.autoencoder, {
    decode: (...args: Parameters<typeof keep>) => {
      samples = args[1].samples.data;
      return keep(...args);
    },
  });
  try {
    engine.executor.cache.clear();
    await run(document);
  } finally {
    Object.assign(services.autoencoder, { decode: keep });
  }
  return samples!;
}
const sweepOf = (inputs: Record<string, string | number>): Document =>
  withNode(base, 'sweep', 'sweeps.xy', inputs, 'decode.image > image');

describe('sweeps', () => {
  it('compute what cells share once, and make one session for batches of strengths', async () => {
    const first = await run(base);
    const { pictures, sessions, ran } = await run(
      sweepOf({ x: 'adapter.strength', x_values: '0, 0.5, 1', y: 'noise.seed', y_values: '42, 43' }),
    );
    // Six cells, the sheet, and the preview of the picture itself.
    expect(pictures).toHaveLength(8);
    expect(sessions).toBeLessThanOrEqual(1);
    // Strength 1 with seed 42 is the picture that was made before.
    expect(ran).toMatchObject({ sample: 5, decode: 5, noise: 1, sweep: 1 });
    expect(ran.model ?? 0).toBe(0);
    expect(ran.prompt ?? 0).toBe(0);
    expect(pictures.at(-1)!.width).toBeGreaterThan(3 * 128);
    expect(first.pictures[0]!.png).toEqual(pictures[3]!.png);
  });

  it('lay out strengths evenly, and numbers, prompts and choices as well', async () => {
    const strengths = await run(
      withNode(
        base,
        'sweep',
        'sweeps.strength',
        { strength: 'adapter.strength', from: 0, to: 0.9, count: 4 },
        'decode.image > image',
      ),
    );
    // 0 was made before.
    expect(strengths.ran.sample).toBe(3);
    const prompts = await run(
      sweepOf({ x: 'prompt.text', x_values: 'a red apple\na fox', y: 'schedule.steps', y_values: '1..2' }),
    );
    expect(prompts.ran).toMatchObject({ prompt: 1, sample: 3 });
  });

  it('tell of every cell as it is done', async () => {
    const { events } = await run(sweepOf({ x: 'noise.seed', x_values: '7..9' }));
    const cells = events.flatMap((event) =>
      event.kind === 'progress' && event.node === 'sweep'
        ? [`${event.done}/${event.total} ${event.unit}`]
        : [],
    );
    expect(cells).toEqual(['1/3 picture', '2/3 picture', '3/3 picture']);
    // Copies speak in the name of the node a person sees.
    expect(
      [...new Set(events.map(({ node }) => node))].every((node) => node in base.nodes || node === 'sweep'),
    ).toBe(true);
  });

  it('keep the finished cells when cancelled', async () => {
    const stop = new AbortController();
    const document = sweepOf({ x: 'noise.seed', x_values: '21..25' });
    const shown: string[] = [];
    const cancelled = engine.run(document, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'artifact' && event.node === 'sweep') shown.push(event.artifact.kind);
        if (event.kind === 'progress' && event.node === 'sweep' && event.done === 2) stop.abort();
      },
    });
    await expect(cancelled).rejects.toBeInstanceOf(Cancelled);
    expect(shown).toEqual(['shown-picture', 'shown-picture']);
    // Those that were computed together with them are there too.
    expect((await run(document)).ran.sample ?? 0).toBeLessThanOrEqual(3);
  });

  it.each([
    [{ x: '' }, 'nothing is chosen to vary'],
    [{ x: 'nowhere.strength' }, 'there is no node nowhere'],
    [{ x: 'adapter.weight' }, 'no value that can be varied'],
    [{ x: 'adapter.strength', x_values: '1, 9' }, 'cannot be “9”'],
    [{ x: 'adapter.strength', x_values: '' }, 'no values to try'],
    [{ x: 'noise.seed', x_values: '1..99' }, 'too many for one side'],
    [{ x: 'noise.seed', x_values: '1..20', y: 'adapter.strength', y_values: '0..1 in 20' }, '400 pictures'],
    [{ x: 'sweep.gap', x_values: '1, 2' }, 'has no part in the picture'],
  ])('refuse %j in a sentence', (inputs, message) => {
    const { problems } = engine.plan(sweepOf(inputs as Record<string, string>));
    expect(problems.map((problem) => problem.message).join()).toContain(message);
    expect(problems.every(({ node }) => node === 'sweep')).toBe(true);
  });
});

describe('Adapter stack', () => {
  const stack = (rows: object[], ...more: string[]) =>
    sampling(
      withNode(base, 'stack', 'adapters.stack', { adapters: rows as never }, 'model.model > model', ...more),
      'stack',
    );
  const row = (strength: number, enabled = true) => ({ adapter: glossy, strength, enabled });

  it('lays adapters as one Apply adapter after the other does', async () => {
    expect(await pixels(stack([row(1)]))).toEqual(await pixels(base));
    expect(await pixels(stack([row(0.25), row(0.75)]))).not.toEqual(await pixels(stack([row(0.25)])));
  });

  it('passes over rows without a file and rows that are off, which build nothing when switched on', async () => {
    const off = await run(stack([row(1, false), { adapter: '', strength: 1, enabled: true }]));
    const on = await run(stack([row(1), { adapter: '', strength: 1, enabled: true }]));
    expect(on.sessions).toBe(0);
    expect(off.pictures[0]!.png).toEqual(await pixels(sampling(base, 'model')));
    expect(on.pictures[0]!.png).toEqual(await pixels(base));
  });
});

describe('Strength curve', () => {
  const curved = (points: number[][]) =>
    withNode(withNode(base, 'curve', 'adapters.curve', { curve: points }), 'bent', 'values.text', {});
  const wired = (points: number[][]): Document => {
    const document = curved(points);
    return {
      ...document,
      wires: { ...document.wires, c: { from: ['curve', 'curve'], to: ['adapter', 'curve'] } },
    };
  };

  it('acts from the first step to the last, and costs no session', async () => {
    await run(base);
    const level = await run(
      wired([
        [0, 1],
        [1, 1],
      ]),
    );
    const first = await run(
      wired([
        [0, 1],
        [1, 0],
      ]),
    );
    expect([level.sessions, first.sessions]).toEqual([0, 0]);
    expect(level.pictures[0]!.png).toEqual(await pixels(base));
    // Two steps: the last one at 0 is the same as saying so step by step.
    const listed = applyOverride(base, library, 'adapter.per_step=1,0');
    expect(first.pictures[0]!.png).toEqual(await pixels(listed));
  });
});

describe('Block strengths', () => {
  const blocks = (inputs: Record<string, number | string | boolean | number[]>) =>
    sampling(withNode(base, 'blocks', 'adapters.blocks', inputs, 'adapter.model > model'), 'blocks');

  it('act by thirds and by layer, without a session', async () => {
    await run(base);
    const all = await run(blocks({}));
    expect(all.pictures[0]!.png).toEqual(await pixels(base));
    const late = await run(blocks({ early: 0, middle: 0, refiners: 0, others: 0 }));
    expect(late.sessions).toBe(0);
    expect(late.pictures[0]!.png).not.toEqual(all.pictures[0]!.png);
    const none = await run(blocks({ early: 0, middle: 0, late: 0, refiners: 0, others: 0 }));
    expect(none.pictures[0]!.png).toEqual(await pixels(sampling(base, 'model')));
    const byLayer = await run(blocks({ layers: [0, 0, 0, 0, 0], refiners: 0, others: 0 }));
    expect(byLayer.pictures[0]!.png).toEqual(none.pictures[0]!.png);
  });

  it('show how much each block is changed, measured once', async () => {
    const measured = (events: readonly RunEvent[]) =>
      events.filter((event) => event.kind === 'progress' && event.unit === 'layer').length;
    const first = await run(blocks({ early: 0.4 }));
    const bars = first.events.flatMap((event) =>
      event.kind === 'artifact' && event.artifact.kind === 'bars' ? event.artifact.bars : [],
    );
    expect(bars.slice(0, 5).map(({ label }) => label)).toEqual([0, 1, 2, 3, 4].map((i) => `layers.${i}`));
    expect(bars.every(({ value }) => value > 0 && value < 1)).toBe(true);
    expect(measured((await run(blocks({ early: 0.3 }))).events)).toBe(0);
  });

  it('need an adapter', async () => {
    const bare = sampling(withNode(base, 'blocks', 'adapters.blocks', {}, 'model.model > model'), 'blocks');
    await expect(run(bare)).rejects.toThrow(/no adapter whose blocks/);
  });
});

describe('Bake adapter', () => {
  const baking = (name: string) => withNode(base, 'bake', 'adapters.bake', { name }, 'adapter.model > model');

  it('writes a model that is there at once and makes the picture of the live adapter', async () => {
    const { events } = await run(baking('../sub folder/glossy: nano'));
    const progress = events.filter((event) => event.kind === 'progress' && event.node === 'bake');
    expect(progress.length).toBeGreaterThan(1);
    const listed = await services.models.list('model');
    const name = 'sub folder/glossy_ nano.safetensors';
    expect(listed.map((file) => file.name)).toContain(name);
    const fromBaked = ['model.text_encoder=nano', 'model.vae=nano', `model.model=${name}`].reduce(
      (document, text) => applyOverride(document, library, text),
      sampling(base, 'model'),
    );
    const [live, baked] = [await latentOf(base), await latentOf(fromBaked)];
    const size = Math.max(...live.map(Math.abs));
    const difference = Math.max(...live.map((value, i) => Math.abs(value - baked[i]!)));
    // The baked file is bf16 where the model is.
    expect(difference / size).toBeLessThan(0.05);
  });

  it('never writes over a model', async () => {
    await run(baking('twice'));
    const changed = applyOverride(baking('twice'), library, 'adapter.strength=0.5');
    await expect(run(changed)).rejects.toThrow(/already a model called twice\.safetensors/);
  });

  it('leaves nothing behind when cancelled', async () => {
    const stop = new AbortController();
    const running = engine.run(baking('stopped'), {
      signal: stop.signal,
      onEvent: (event) => event.kind === 'progress' && event.node === 'bake' && stop.abort(),
    });
    await expect(running).rejects.toBeInstanceOf(Cancelled);
    expect((await readdir(models)).filter((name) => name.includes('stopped'))).toEqual([]);
  });

  it('refuses strengths that change from step to step, and models without adapters', async () => {
    await expect(run(applyOverride(baking('x'), library, 'adapter.per_step=1,0'))).rejects.toThrow(
      /changes from step to step/,
    );
    const bare = withNode(base, 'bake', 'adapters.bake', { name: 'x' }, 'model.model > model');
    await expect(run(bare)).rejects.toThrow(/nothing to bake/);
  });
});

describe('Adapter inspector', () => {
  it('reports on the file alone, and against a model', async () => {
    const alone = await run(withNode(base, 'inspect', 'adapters.inspect', { adapter: glossy }));
    const text = alone.events.flatMap((event) =>
      event.kind === 'artifact' && event.artifact.kind === 'text' ? [event.artifact.text] : [],
    );
    expect(text[0]).toMatch(/LoKr ×\d+\nstored as BF16/);
    expect(text[0]).toContain('alpha 9.999e+9 unused');
    expect(text[0]).toMatch(/‖ΔW‖\n {2}layers\.0 [\d.]+\n/);
    const against = await run(
      withNode(base, 'inspect', 'adapters.inspect', { adapter: glossy }, 'model.model > model'),
    );
    const [report] = against.events.flatMap((event) =>
      event.kind === 'artifact' && event.artifact.kind === 'text' ? [event.artifact.text] : [],
    );
    expect(report).toMatch(/layers\.0 [\d.]+ %/);
  });
});

describe('Model per step', () => {
  const perStep = (first: string, second: string, from = 2) =>
    sampling(
      withNode(
        base,
        'steps',
        'sampling.model-per-step',
        { second_from: from },
        `${first}.model > first`,
        `${second}.model > second`,
      ),
      'steps',
    );

  it('gives steps other adapters of one network', async () => {
    await run(base);
    const adapterFirst = await run(perStep('adapter', 'model'));
    expect(adapterFirst.sessions).toBe(0);
    const listed = applyOverride(base, library, 'adapter.per_step=1,0');
    expect(adapterFirst.pictures[0]!.png).toEqual(await pixels(listed));
    expect(await pixels(perStep('model', 'adapter'))).not.toEqual(adapterFirst.pictures[0]!.png);
    // The schedule has two steps: the third is never reached.
    expect(await pixels(perStep('adapter', 'model', 3))).toEqual(await pixels(base));
  });

  it('lets another checkpoint take over, in memory together or one after the other', async () => {
    await run(withNode(base, 'bake', 'adapters.bake', { name: 'second' }, 'adapter.model > model'));
    const files = { model: 'second.safetensors', text_encoder: 'nano', vae: 'nano' };
    const document = sampling(
      withNode(
        withNode(base, 'other', 'models.load', files),
        'steps',
        'sampling.model-per-step',
        { second_from: 2 },
        'model.model > first',
        'other.model > second',
      ),
      'steps',
    );
    const together = await run(document);
    const transformers = services.status().residents.filter(({ key }) => key.startsWith('transformer'));
    expect(transformers.length).toBeGreaterThan(1);
    const cramped = await createServices({
      modelFolders: [models, nanoPath('..')],
      pictureFolders: [],
      outputFolder: models,
      provider: 'cpu',
      networkBytes: 1,
    });
    try {
      const result = await new Engine(cramped).run(document, { signal: new AbortController().signal });
      expect(cramped.status().residents.length).toBeLessThanOrEqual(1);
      const [artifact] = result.artifacts.map((made) => made.artifact);
      expect(artifact?.kind === 'shown-picture' && artifact.png).toEqual(together.pictures[0]!.png);
      expect(together.pictures[0]!.png).not.toEqual(await pixels(sampling(base, 'model')));
    } finally {
      await cramped.dispose();
    }
  });

  it('refuses models that take over before their turn', async () => {
    await expect(run(perStep('adapter', 'model', 1))).rejects.toBeInstanceOf(NodeFailure);
  });
});
