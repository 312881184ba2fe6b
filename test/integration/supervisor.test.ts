import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type EngineChild, forkEngine, type SpawnEngine } from '../../electron/supervisor/engine-child.ts';
import { SupervisedWorker } from '../../electron/supervisor/supervised-worker.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { createEngineHost } from '../../nodes/host.ts';
import type { EngineClient } from '../../nodes/protocol/engine.ts';
import { buildPrograms } from '../support/build-programs.ts';
import { connectTo, hostFolders, nextEvent, recordEvents } from '../support/fake-host.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { tempFolder } from '../support/temp-folder.ts';

let programs: Awaited<ReturnType<typeof buildPrograms<'fake' | 'engine'>>>;
beforeAll(async () => {
  programs = await buildPrograms({
    fake: 'test/support/fake-engine-program.ts',
    engine: 'electron/engine-process/main.ts',
  });
});
afterAll(() => programs.remove());

interface Options {
  readonly program?: 'fake' | 'engine';
  readonly spawn?: SpawnEngine;
  readonly graceMilliseconds?: number;
  readonly models?: readonly string[];
}

async function start({ program = 'fake', graceMilliseconds = 300, models = [], ...rest }: Options = {}) {
  const children: EngineChild[] = [];
  const spawn = rest.spawn ?? forkEngine(programs.pathOf(program));
  let worker: SupervisedWorker | undefined;
  const host = await createEngineHost({
    version: '0.0.0-test',
    folders: { ...hostFolders(await tempFolder()), models },
    createWorker: (settings, told) => {
      worker = new SupervisedWorker({
        settings,
        ...told,
        graceMilliseconds,
        restartDelays: [0, 10, 20],
        spawn: () => {
          const child = spawn();
          children.push(child);
          return child;
        },
      });
      return worker;
    },
  });
  onTestFinished(() => host.dispose());
  const client = connectTo(host);
  await client.call('queue/list');
  return { host, client, children, pid: () => worker!.pid! };
}

/** Runs a document and waits for its end. */
async function run(client: EngineClient, document: Document) {
  const { job } = await client.call('run/start', { document });
  return (await nextEvent(client, 'run/finished', (told) => told.job.id === job)).job;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const step = (client: EngineClient, done: number) =>
  nextEvent(client, 'run/progress', (told) => told.node === 'sample' && told.done === done);

/** Waits until the sampler hangs in its third step. */
async function hung(client: EngineClient) {
  await step(client, 2);
  await new Promise((resolve) => setTimeout(resolve, 100));
}

describe('an engine in a process of its own', () => {
  it('makes pictures whose bytes come through unharmed', async () => {
    const { client, pid } = await start();
    expect(await run(client, pictureDocument('a red apple', { side: 512 }))).toMatchObject({ state: 'done' });
    expect(pid()).not.toBe(process.pid);
    const [picture] = await client.call('pictures/list');
    for (const size of ['full', 'thumbnail'] as const) {
      const bytes = await client.call('pictures/bytes', { id: picture!.id, size });
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      expect(bytes.length).toBeGreaterThan(100);
    }
    expect(await client.call('engine/info')).toMatchObject({ provider: 'cpu', providerReason: 'fake' });
  });

  it('that is killed in the middle of a step fails its job at its node; what waits runs on', async () => {
    const { client, pid } = await start();
    const before = pid();
    const story = recordEvents(client, ['engine/state', 'run/node-failed', 'engine/log']);
    const first = client.call('run/start', { document: pictureDocument('long', { steps: 100 }) });
    const waiting = client.call('run/start', { document: pictureDocument('waiting') });
    const ends = [await first, await waiting].map(({ job }) =>
      nextEvent(client, 'run/finished', (told) => told.job.id === job),
    );
    await step(client, 2);
    process.kill(before, 'SIGKILL');
    const [failed, done] = await Promise.all(ends);
    expect(failed!.job).toMatchObject({ state: 'failed', node: 'sample' });
    expect(failed!.job.message).toMatch(/The engine stopped while “Sample” ran: .*SIGKILL/);
    expect(failed!.job.hint).toContain('untouched');
    expect(done!.job).toMatchObject({ state: 'done' });
    expect(pid()).not.toBe(before);
    expect(story).toContainEqual({
      name: 'run/node-failed',
      payload: expect.objectContaining({ node: 'sample' }),
    });
    const states = story.filter(({ name }) => name === 'engine/state');
    expect(states.at(-1)?.payload).toEqual({ state: 'ready' });
    expect(states.map(({ payload }) => (payload as { state: string }).state)).toContain('starting');
    expect(story.find(({ name }) => name === 'engine/log')?.payload).toMatchObject({ level: 'error' });
  });

  it('that crashes by itself, again and again, is there again for the next job', async () => {
    const { client } = await start();
    for (let round = 0; round < 3; round++) {
      expect(await run(client, pictureDocument('crash'))).toMatchObject({ state: 'failed', node: 'sample' });
      expect(await run(client, pictureDocument(`fine ${round}`))).toMatchObject({ state: 'done' });
    }
  });

  it('keeps pictures, queue and documents through a crash', async () => {
    const { client, pid } = await start();
    await run(client, pictureDocument('a', { title: 'kept' }));
    const pictures = await client.call('pictures/list');
    const [job] = await client.call('queue/list');
    await Promise.all([nextEvent(client, 'engine/log'), process.kill(pid(), 'SIGKILL')]);
    expect(await client.call('pictures/list')).toEqual(pictures);
    const { id } = pictures[0]!;
    expect((await client.call('pictures/bytes', { id, size: 'full' })).length).toBeGreaterThan(100);
    expect((await client.call('queue/document', { job: job!.id })).meta?.title).toBe('kept');
    expect(await client.call('files/list', { kind: 'model' })).toHaveLength(1);
  });

  it('stops at the next step when asked, and lives on', async () => {
    const { client, pid } = await start();
    const before = pid();
    const { job } = await client.call('run/start', { document: pictureDocument('long', { steps: 100 }) });
    const ended = nextEvent(client, 'run/finished');
    await step(client, 1);
    await client.call('run/cancel', { job });
    expect((await ended).job.state).toBe('cancelled');
    expect(await run(client, pictureDocument('next'))).toMatchObject({ state: 'done' });
    expect(pid()).toBe(before);
  });

  it('that does not stop is ended after the grace period, and answers meanwhile', async () => {
    const { client, pid } = await start({ graceMilliseconds: 300 });
    const before = pid();
    const { job } = await client.call('run/start', { document: pictureDocument('hang') });
    const ended = nextEvent(client, 'run/finished');
    await hung(client);
    const askedAt = performance.now();
    await client.call('run/cancel', { job });
    // The engine is deaf now; its host is not.
    expect((await client.call('queue/list'))[0]).toMatchObject({ state: 'running', stopping: true });
    await client.call('journal/write', { id: 'tab', title: '', document: pictureDocument('mine') });
    expect(await client.call('pictures/list')).toEqual([]);
    expect(performance.now() - askedAt).toBeLessThan(250);
    expect((await ended).job.state).toBe('cancelled');
    expect(performance.now() - askedAt).toBeGreaterThan(250);
    expect(await run(client, pictureDocument('next'))).toMatchObject({ state: 'done' });
    expect(isAlive(before)).toBe(false);
  });

  it('is ended at once when that is wished', async () => {
    const { client } = await start({ graceMilliseconds: 60_000 });
    const { job } = await client.call('run/start', { document: pictureDocument('hang') });
    const ended = nextEvent(client, 'run/finished');
    await hung(client);
    await client.call('run/cancel', { job, force: true });
    expect((await ended).job.state).toBe('cancelled');
    expect(await run(client, pictureDocument('next'))).toMatchObject({ state: 'done' });
  });

  it('is replaced when its settings change, after the job that runs', async () => {
    const { client, pid } = await start();
    const before = pid();
    await client.call('engine/configure', { cacheBytes: 5 });
    expect(pid()).toBe(before);
    const running = run(client, pictureDocument('a', { steps: 20 }));
    await step(client, 1);
    await client.call('engine/configure', { provider: 'cuda' });
    expect(await running).toMatchObject({ state: 'done' });
    expect(await run(client, pictureDocument('b'))).toMatchObject({
      state: 'failed',
      message: 'cuda cannot be used here.',
      hint: 'Choose auto or cpu.',
    });
    expect(await client.call('engine/state')).toMatchObject({ state: 'failed' });
    await client.call('engine/configure', { provider: 'cpu' });
    expect(await run(client, pictureDocument('b'))).toMatchObject({ state: 'done' });
    expect(isAlive(before)).toBe(false);
  });

  it('that cannot start is tried a few times, then when it is needed', async () => {
    const { client, children } = await start({ spawn: forkEngine('/nowhere/engine.js') });
    await expect
      .poll(() => client.call('engine/state'), { timeout: 10_000 })
      .toMatchObject({ state: 'failed', message: expect.stringContaining('code 1') });
    expect(children).toHaveLength(4);
    expect(await run(client, pictureDocument('a'))).toMatchObject({ state: 'failed' });
    expect(children.length).toBeGreaterThan(4);
    const log = await client.call('engine/recent-log');
    expect(log[0]!.message).toContain('Cannot find module');
  });

  it('ends with its host', async () => {
    const { client, host, pid } = await start();
    await client.call('files/list', { kind: 'model' });
    const engine = pid();
    const running = client.call('run/start', { document: pictureDocument('hang') });
    await running;
    await hung(client);
    await host.dispose();
    expect(isAlive(engine)).toBe(false);
  });

  it('computes with the embedded model, and again after it was killed in the middle of a step', async () => {
    const models = [join(import.meta.dirname, '..', '..', 'nodes', 'models')];
    const { client, pid } = await start({ program: 'engine', models });
    await client.call('engine/configure', { provider: 'cpu' });
    const { job } = await client.call('run/start', {
      document: pictureDocument('a red apple', { side: 128, steps: 50 }),
    });
    const ended = nextEvent(client, 'run/finished', (told) => told.job.id === job);
    await step(client, 2);
    process.kill(pid(), 'SIGKILL');
    expect((await ended).job).toMatchObject({ state: 'failed', node: 'sample' });
    expect(await run(client, pictureDocument('a red apple', { side: 128, steps: 2 }))).toMatchObject({
      state: 'done',
    });
    expect(await client.call('pictures/list')).toHaveLength(1);
  });
});
