import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDocument } from '../../nodes/document/open.ts';
import { applyOverride } from '../../nodes/document/overrides.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { Engine } from '../../nodes/engine.ts';
import { Cancelled } from '../../nodes/execution/failure.ts';
import { openPart } from '../../nodes/inference/checkpoints/model-folder.ts';
import { runtimeCounters } from '../../nodes/inference/ort/counters.ts';
import { createServices, type EngineServices } from '../../nodes/inference/services/index.ts';
import { library } from '../../nodes/library/index.ts';
import { nanoPath } from '../support/fixture-paths.ts';
import { writeFullRankLokr } from '../support/synthetic-adapter.ts';
import { tempFolder } from '../support/temp-folder.ts';

let services: EngineServices;
let engine: Engine;
let document: Document;
let adapted: Document;

const open = async (name: string): Promise<Document> =>
  openDocument(
    await readFile(new URL(`../../workflows/${name}.kronode.json`, import.meta.url), 'utf8'),
    library,
  ).document;

beforeAll(async () => {
  document = await open('text-to-image');
  adapted = await open('live-strength');
});
afterAll(() => services.dispose());

async function run(workflow: Document, ...overrides: string[]) {
  const changed = overrides.reduce((current, text) => applyOverride(current, library, text), workflow);
  const before = { ...runtimeCounters };
  const { timings, artifacts } = await engine.run(changed, { signal: new AbortController().signal });
  return {
    ran: timings.filter(({ cached }) => !cached).map(({ node }) => node),
    sessions: runtimeCounters.sessionsCreated - before.sessionsCreated,
    runs: runtimeCounters.runs - before.runs,
    artifacts,
  };
}

it('computes only what changed', async () => {
  services = await createServices({
    modelFolders: [nanoPath('..')],
    pictureFolders: [],
    outputFolder: await tempFolder(),
    provider: 'cpu',
  });
  engine = new Engine(services);

  const first = await run(document);
  expect(first.ran).toContain('sample');
  expect(first.sessions).toBeGreaterThan(0);

  const again = await run(document);
  expect(again).toMatchObject({ ran: [], sessions: 0, runs: 0 });

  const otherSeed = await run(document, 'noise.seed=43');
  expect(otherSeed.ran).not.toContain('prompt');
  expect(otherSeed).toMatchObject({ ran: ['noise', 'sample', 'decode', 'save'], sessions: 0 });

  const otherPrompt = await run(document, 'prompt.text=a fox');
  expect(otherPrompt.ran).toContain('prompt');
  expect(otherPrompt.sessions).toBe(0);
});

it('creates no session when a strength changes', async () => {
  const first = await run(adapted);
  expect(first.sessions).toBeGreaterThan(0);
  for (const strength of ['0', '0.4', '0.8', '-0.5', '1.5']) {
    const { ran, sessions } = await run(adapted, `adapter.strength=${strength}`);
    expect(ran).toEqual(['adapter', 'sample', 'decode', 'save']);
    expect(sessions).toBe(0);
  }
});

it('creates no session when an adapter is exchanged or taken away, and for a second one only once', async () => {
  const folder = await tempFolder();
  const { weights } = await openPart(nanoPath('.'), 'transformer');
  for (const factor of [4, 16]) await writeFullRankLokr(folder, weights, factor);
  const own = await createServices({
    modelFolders: [nanoPath('..'), folder],
    pictureFolders: [],
    outputFolder: await tempFolder(),
    provider: 'cpu',
  });
  const other = new Engine(own);
  const latents = async (...rows: (readonly [string, number])[]) => {
    const stack = rows.map(([adapter, strength]) => ({ adapter, strength, enabled: true }));
    const changed: Document = {
      ...adapted,
      nodes: {
        ...adapted.nodes,
        adapter: { type: 'adapters.stack', version: 1, at: [0, 0], inputs: { adapters: stack } },
      },
    };
    const { sessionsCreated } = runtimeCounters;
    const { artifacts } = await other.run(changed, { signal: new AbortController().signal });
    const [picture] = artifacts;
    if (picture?.artifact.kind !== 'saved-picture') throw new Error('No picture was saved.');
    const pixels = await sharp(picture.artifact.path).raw().toBuffer();
    return { sessions: runtimeCounters.sessionsCreated - sessionsCreated, pixels: pixels.toString('base64') };
  };
  const glossy = 'nano/adapters/nano-glossy-lokr.safetensors';
  const first = await latents([glossy, 1]);
  expect(first.sessions).toBeGreaterThan(0);
  const both = [
    ['lokr-4.safetensors', 0.7],
    [glossy, 1],
  ] as const;
  const exchanged = await latents(['lokr-4.safetensors', 0.7]);
  expect(exchanged.sessions).toBe(0);
  const added = await latents(...both);
  expect(added.sessions).toBeGreaterThan(0);
  const seen = [first.pixels, exchanged.pixels, added.pixels];
  for (const stack of [[['lokr-16.safetensors', 0.7]], [], [[glossy, 0.5]], [...both].reverse()] as const) {
    const { sessions, pixels } = await latents(...stack);
    expect(sessions).toBe(0);
    seen.push(pixels);
  }
  // The order of adapters makes no difference beyond rounding.
  expect(new Set(seen).size).toBeGreaterThanOrEqual(6);
  expect((await latents([glossy, 1])).pixels).toBe(first.pixels);
  await own.dispose();
});

it('stops between steps and works on afterwards', async () => {
  const stop = new AbortController();
  const steps: number[] = [];
  const many = applyOverride(document, library, 'schedule.steps=100');
  const cancelled = engine.run(many, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.kind !== 'progress') return;
      steps.push(event.done);
      if (event.done === 3) stop.abort();
    },
  });
  await expect(cancelled).rejects.toBeInstanceOf(Cancelled);
  expect(steps).toEqual([1, 2, 3]);
  expect((await run(document, 'noise.seed=44')).ran).toContain('sample');
});

it('gives the same bytes for the same workflow in another engine', async () => {
  const pictures: Buffer[] = [];
  for (let i = 0; i < 2; i++) {
    const own = await createServices({
      modelFolders: [nanoPath('..')],
      pictureFolders: [],
      outputFolder: await tempFolder(),
      provider: 'cpu',
    });
    const { artifacts } = await new Engine(own).run(document, { signal: new AbortController().signal });
    const [picture] = artifacts;
    if (picture?.artifact.kind === 'saved-picture') pictures.push(await readFile(picture.artifact.path));
    await own.dispose();
  }
  expect(pictures).toHaveLength(2);
  expect(pictures[0]!.equals(pictures[1]!)).toBe(true);
});

it('shows the picture so far with rate and time left', async () => {
  const previews: Promise<Uint8Array>[] = [];
  const rates: (number | undefined)[] = [];
  await engine.run(applyOverride(document, library, 'noise.seed=45'), {
    signal: new AbortController().signal,
    onEvent: (event) => {
      if (event.kind !== 'progress' || event.node !== 'sample') return;
      rates.push(event.rate);
      if (event.preview) previews.push(event.preview());
    },
  });
  expect(previews).toHaveLength(8);
  expect(rates.at(-1)).toBeGreaterThan(0);
  for (const jpeg of await Promise.all(previews))
    expect([...jpeg.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
});
