import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDocument } from '../../nodes/document/open.ts';
import { applyOverride } from '../../nodes/document/overrides.ts';
import type { Document } from '../../nodes/document/schema.ts';
import type { LiveValue } from '../../nodes/graph/live-values.ts';
import { LocalWorker } from '../../nodes/host/local-worker.ts';
import { createEngineHost, type EngineHost } from '../../nodes/host.ts';
import { createServices } from '../../nodes/inference/services/index.ts';
import { library } from '../../nodes/library/index.ts';
import type { EventPayload } from '../../nodes/protocol/contract.ts';
import type { EngineClient } from '../../nodes/protocol/engine.ts';
import { connectTo, createFakeHost, hostFolders, nextEvent } from '../support/fake-host.ts';
import { nanoPath } from '../support/fixture-paths.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { tempFolder } from '../support/temp-folder.ts';

let root: string;
let host: EngineHost;
let client: EngineClient;
let template: Document;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kronode-test-'));
  host = await createEngineHost({
    version: '0.0.0-test',
    folders: { ...hostFolders(root), models: [nanoPath('..')] },
    overrides: { provider: 'cpu' },
    createWorker: (settings, { onDefect }) => new LocalWorker(createServices, settings, onDefect),
  });
  client = connectTo(host);
  const text = await readFile(new URL('../../workflows/live-strength.kronode.json', import.meta.url), 'utf8');
  template = openDocument(text, library).document;
});
afterAll(async () => {
  await host.dispose();
  await rm(root, { recursive: true, force: true });
});

const strength = (value: number): LiveValue => ({ node: 'adapter', input: 'strength', value });
const withStrength = (value: number): Document =>
  applyOverride(template, library, `adapter.strength=${value}`);

const ended = (job: string, state = 'done') =>
  nextEvent(client, 'run/finished', (payload) => payload.job.id === job && payload.job.state === state);
const pictureOf = (job: string) => nextEvent(client, 'run/picture', (payload) => payload.job === job);
/** What is seen, whether it was saved or only shown. */
const pixelsOf = async ({ id }: EventPayload<'run/picture'>) =>
  (
    await sharp(await client.call('pictures/bytes', { id, size: 'full' }))
      .raw()
      .toBuffer()
  ).toString('base64');

async function run(document: Document) {
  const picture = nextEvent(client, 'run/picture');
  const { job } = await client.call('run/start', { document });
  await ended(job);
  return { job, pixels: await pixelsOf(await picture) };
}

/** Counters of what must not happen while values move. */
async function rebuilt() {
  const { counters } = await client.call('engine/info');
  const { sessionsCreated, filesRead, weightCopies } = counters;
  for (const count of [sessionsCreated, filesRead]) expect(count).toBeGreaterThan(0);
  return { sessionsCreated, filesRead, weightCopies };
}

describe('a live value', () => {
  it('runs a job that is over again, as the same job and the picture a fresh run makes', async () => {
    const { job, pixels } = await run(withStrength(0.3));
    const before = await rebuilt();
    const done = ended(job);
    const picture = pictureOf(job);
    await client.call('run/tune', { job, values: [strength(0.9)] });
    const { timings } = await done;
    expect(timings.filter(({ cached }) => !cached).map(({ type }) => type)).toEqual([
      'adapters.apply',
      'sampling.sample',
      'images.decode',
      'images.save',
    ]);
    const tuned = await pixelsOf(await picture);
    expect(tuned).not.toBe(pixels);
    expect(await rebuilt()).toEqual(before);
    await client.call('engine/clear-cache');
    expect((await run(withStrength(0.9))).pixels).toBe(tuned);
  });

  it('reaches the job that runs at its next step, which then starts over', async () => {
    const slow = applyOverride(withStrength(0.2), library, 'schedule.steps=40');
    const story: string[] = [];
    const { job } = await client.call('run/start', { document: slow });
    const picture = pictureOf(job);
    const done = ended(job);
    let asked = false;
    const off = client.on('run/progress', ({ done: step, unit }) => {
      if (unit === 'step') story.push(String(step));
      if (step !== 3 || asked) return;
      asked = true;
      void client.call('run/tune', { job, values: [strength(0.6)] });
    });
    const { timings } = await done;
    off();
    const restart = story.indexOf('1', 1);
    expect(restart).toBeGreaterThanOrEqual(3);
    expect(restart).toBeLessThanOrEqual(5);
    expect(story.slice(restart)).toEqual(Array.from({ length: 40 }, (_, i) => String(i + 1)));
    // Of what the last attempt found, text and noise were there.
    expect(timings.find(({ type }) => type === 'prompts.encode')?.cached).toBe(true);
    const tuned = await pixelsOf(await picture);
    await client.call('engine/clear-cache');
    const fresh = applyOverride(withStrength(0.6), library, 'schedule.steps=40');
    expect((await run(fresh)).pixels).toBe(tuned);
  });

  it('leaves one job after a long drag, the newest picture, and nothing rebuilt', async () => {
    const { job } = await run(withStrength(0));
    const jobs = (await client.call('queue/list')).length;
    const pictures = (await client.call('pictures/list')).length;
    const before = await rebuilt();
    let shown = 0;
    const off = client.on('run/picture', () => shown++);
    for (let i = 1; i <= 60; i++) {
      await client.call('run/tune', { job, values: [strength(i / 60)] });
      // Some rest long enough to become a picture.
      if (i % 12 === 0) await ended(job);
      const waiting = (await client.call('queue/list')).filter(
        ({ state }) => state === 'pending' || state === 'running',
      );
      expect(waiting.length).toBeLessThanOrEqual(1);
    }
    off();
    expect(shown).toBeGreaterThanOrEqual(5);
    expect(await client.call('queue/list')).toHaveLength(jobs);
    // The picture of the run itself, and the newest that was tried.
    expect(await client.call('pictures/list')).toHaveLength(pictures + 1);
    expect(await rebuilt()).toEqual(before);
    expect((await client.call('queue/document', { job })).nodes.adapter?.inputs.strength).toBe(1);
  });

  it('may be a curve or a factor for every block, and rebuilds nothing either', async () => {
    const shaped: Document = {
      ...template,
      nodes: {
        ...template.nodes,
        curve: { type: 'adapters.curve', version: 1, at: [0, 0], inputs: {} },
        blocks: { type: 'adapters.blocks', version: 1, at: [0, 0], inputs: {} },
      },
      wires: {
        ...Object.fromEntries(Object.entries(template.wires).filter(([, { from }]) => from[0] !== 'adapter')),
        shape: { from: ['curve', 'curve'], to: ['adapter', 'curve'] },
        blocks: { from: ['adapter', 'model'], to: ['blocks', 'model'] },
        sampled: { from: ['blocks', 'model'], to: ['sample', 'model'] },
      },
    };
    const { job, pixels } = await run(shaped);
    const before = await rebuilt();
    const seen = [pixels];
    const falling = [
      [0, 1],
      [1, 0],
    ];
    for (const value of [
      { node: 'curve', input: 'curve', value: falling },
      { node: 'blocks', input: 'layers', value: [0, 1, 0.5] },
      { node: 'blocks', input: 'late', value: -1 },
      { node: 'adapter', input: 'strength', value: 0 },
    ]) {
      const done = ended(job);
      const picture = pictureOf(job);
      await client.call('run/tune', { job, values: [value] });
      await done;
      seen.push(await pixelsOf(await picture));
    }
    expect(new Set(seen).size).toBe(5);
    expect(await rebuilt()).toEqual(before);
  });

  it('is refused where it is not live, and the job goes on as it was', async () => {
    const { job } = await run(withStrength(1));
    for (const value of [{ ...strength(7) }, { node: 'sample', input: 'guidance', value: 3 }])
      await expect(client.call('run/tune', { job, values: [value] })).rejects.toThrow();
    await expect(client.call('run/tune', { job: 'job-0', values: [strength(1)] })).rejects.toThrow(
      'not in the list',
    );
    expect((await client.call('queue/list')).at(-1)).toMatchObject({ id: job, state: 'done' });
  });
});

describe('a sweep of strengths', () => {
  it('takes them as one batch, and shows what single runs show', async () => {
    const swept: Document = {
      ...template,
      nodes: {
        ...template.nodes,
        sweep: {
          type: 'sweeps.strength',
          version: 1,
          at: [0, 0],
          inputs: { strength: 'adapter.strength', from: -1, to: 1.5, count: 5 },
        },
      },
      wires: { ...template.wires, swept: { from: ['decode', 'image'], to: ['sweep', 'image'] } },
    };
    await client.call('engine/clear-cache');
    const shown: EventPayload<'run/picture'>[] = [];
    const off = client.on('run/picture', (picture) => picture.node === 'sweep' && shown.push(picture));
    const { counters: before } = await client.call('engine/info');
    const { job } = await client.call('run/start', { document: swept, targets: ['sweep'] });
    await ended(job);
    off();
    const { counters } = await client.call('engine/info');
    // Eight steps, five strengths; captions, decoding and what did not meet the others beside them.
    expect(counters.runs! - before.runs!).toBeLessThan(5 * 8);
    await client.call('engine/clear-cache');
    const looks = await Promise.all(shown.slice(0, 5).map(pixelsOf));
    for (const [i, look] of looks.entries()) {
      const single = await run(withStrength(-1 + i * 0.625));
      const [a, b] = [look, single.pixels].map((text) => Buffer.from(text, 'base64'));
      expect(Math.max(...a!.map((value, at) => Math.abs(value - b![at]!)))).toBeLessThanOrEqual(2);
    }
  });
});

describe('trying values', () => {
  const withAdapter = (save: string | undefined): Document => {
    const plain = pictureDocument('a red apple', { steps: 3, ...(save !== undefined && { save }) });
    return {
      ...plain,
      nodes: {
        ...plain.nodes,
        adapter: { type: 'adapters.apply', version: 1, at: [0, 0], inputs: { adapter: 'glossy' } },
      },
      wires: {
        ...Object.fromEntries(
          Object.entries(plain.wires).filter(
            ([, { from, to }]) => `${from} ${to}` !== 'model,model sample,model',
          ),
        ),
        base: { from: ['model', 'model'], to: ['adapter', 'model'] },
        adapted: { from: ['adapter', 'model'], to: ['sample', 'model'] },
      },
    };
  };

  it('shows what a run would save, and only a run saves it', async () => {
    const folder = await tempFolder();
    const fake = await createFakeHost(folder);
    const other = connectTo(fake);
    const finished = () => nextEvent(other, 'run/finished');
    const files = () => readdir(join(folder, 'pictures')).catch(() => []);

    let done = finished();
    const { job } = await other.call('run/start', { document: withAdapter('apple'), live: true });
    await done;
    for (const value of [0.5, 0.25]) {
      done = finished();
      const picture = nextEvent(other, 'run/picture');
      await other.call('run/tune', { job, values: [strength(value)] });
      expect((await picture).file).toBeUndefined();
      await done;
    }
    expect(await files()).toEqual([]);
    expect(await other.call('pictures/list')).toHaveLength(1);

    done = finished();
    const document = await other.call('queue/document', { job });
    await other.call('run/start', { document });
    const { timings } = await done;
    expect(timings.filter(({ cached }) => !cached).map(({ type }) => type)).toEqual(['images.save']);
    expect(await files()).toEqual(['apple_00001.png']);
    await fake.dispose();
  });
});
