import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serializeDocument } from '../../nodes/document/open.ts';
import type { Document } from '../../nodes/document/schema.ts';
import { library } from '../../nodes/library/index.ts';
import type { EventName } from '../../nodes/protocol/contract.ts';
import type { EngineClient } from '../../nodes/protocol/engine.ts';
import { connectTo, createFakeHost, nextEvent, recordEvents } from '../support/fake-host.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function startHost(options: Parameters<typeof createFakeHost>[1] = {}, root?: string) {
  const folder = root ?? (await tempFolder());
  const host = await createFakeHost(folder, options);
  onTestFinished(() => host.dispose());
  return { host, client: connectTo(host), folder };
}

/** Runs a document and waits for its end. */
async function run(client: EngineClient, document: Document) {
  const ended = nextEvent(client, 'run/finished');
  const { job } = await client.call('run/start', { document });
  const { job: summary, timings } = await ended;
  expect(summary.id).toBe(job);
  return { ...summary, timings };
}

const kindsOf = async (bytes: Uint8Array) => {
  const { format, width, height } = await sharp(bytes).metadata();
  return { format, width, height };
};

describe('the host', () => {
  it('runs a workflow and tells every client the same story in order', async () => {
    const { host, client } = await startHost({ stepMilliseconds: 15 });
    const other = connectTo(host);
    const names: EventName[] = ['run/node-started', 'run/node-finished', 'run/progress', 'run/picture'];
    const stories = [client, other].map((one) => recordEvents(one, names));
    await other.call('queue/list');
    const job = await run(client, pictureDocument('a red apple', { title: 'Apple' }));
    expect(job).toMatchObject({ state: 'done', title: 'Apple' });
    expect(job.timings.find(({ node }) => node === 'sample')?.units).toHaveLength(4);
    const story = stories[0]!.map(({ name, payload }) => `${name} ${(payload as { node: string }).node}`);
    expect(story.slice(-7)).toEqual([
      'run/progress sample',
      'run/node-finished sample',
      'run/node-started decode',
      'run/node-finished decode',
      'run/node-started end',
      'run/picture end',
      'run/node-finished end',
    ]);
    expect(story.filter((line) => line === 'run/progress sample')).toHaveLength(4);
    expect(stories[1]).toEqual(stories[0]);
  });

  it('shows previews while a node samples, the last one before the run is over', async () => {
    const { client } = await startHost({ stepMilliseconds: 30 });
    const story = recordEvents(client, ['run/preview', 'run/finished']);
    await run(client, pictureDocument('a red apple'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const previews = story.filter(({ name }) => name === 'run/preview');
    expect(previews.length).toBeGreaterThanOrEqual(2);
    const { jpeg } = previews[0]!.payload as { jpeg: Uint8Array };
    expect(await kindsOf(jpeg)).toEqual({ format: 'jpeg', width: 32, height: 32 });
    expect(story.at(-1)?.name).toBe('run/finished');
  });

  it('gives pictures by id, full and small, and never says where they lie', async () => {
    const { client, folder } = await startHost();
    const arriving = nextEvent(client, 'run/picture');
    await run(client, pictureDocument('a red apple', { save: 'fruit/apple', side: 512 }));
    const picture = await arriving;
    expect(picture).toMatchObject({ node: 'end', file: 'apple_00001.png', width: 512, height: 512 });
    expect(picture.facts.map(({ kind }) => kind)).toContain('sampling');
    expect(JSON.stringify(await client.call('pictures/list'))).not.toContain(folder);
    const full = await client.call('pictures/bytes', { id: picture.id, size: 'full' });
    expect(full).toEqual(
      new Uint8Array(await readFile(join(folder, 'pictures', 'fruit', 'apple_00001.png'))),
    );
    const small = await client.call('pictures/bytes', { id: picture.id, size: 'thumbnail' });
    expect(await kindsOf(small)).toEqual({ format: 'webp', width: 320, height: 320 });
  });

  it('keeps shown pictures in memory, once however often they are shown', async () => {
    const { client } = await startHost();
    await run(client, pictureDocument('a red apple'));
    await run(client, pictureDocument('a red apple'));
    await run(client, pictureDocument('a green apple'));
    const pictures = await client.call('pictures/list');
    expect(pictures).toHaveLength(2);
    expect(pictures[0]!.file).toBeUndefined();
    const png = await client.call('pictures/bytes', { id: pictures[0]!.id, size: 'full' });
    expect(await kindsOf(png)).toEqual({ format: 'png', width: 64, height: 64 });
  });

  it('lists saved pictures again after a restart, with what they were made of', async () => {
    const { client, host, folder } = await startHost();
    await run(client, pictureDocument('a red apple', { save: 'apple' }));
    const [before] = await client.call('pictures/list');
    await host.dispose();
    await writeFile(join(folder, 'pictures', 'notes.png'), 'no picture');
    await sharp({ create: { width: 8, height: 6, channels: 3, background: 'red' } })
      .webp()
      .toFile(join(folder, 'pictures', 'other.webp'));
    const again = await startHost({}, folder);
    const pictures = await again.client.call('pictures/list');
    expect(pictures.map(({ file, width, height }) => `${file} ${width}x${height}`).sort()).toEqual([
      'apple_00001.png 64x64',
      'other.webp 8x6',
    ]);
    const apple = pictures.find(({ id }) => id === before!.id);
    expect(apple?.facts).toEqual(before!.facts);
    expect(apple).toMatchObject({ node: 'end', hasDocument: true, version: expect.stringMatching(/^\d/) });
    const { document } = await again.client.call('pictures/document', { id: before!.id });
    expect(document.nodes.prompt?.inputs).toEqual({ text: 'a red apple' });
    const other = pictures.find(({ file }) => file === 'other.webp')!;
    expect(other).toMatchObject({ hasDocument: false, facts: [] });
    await expect(again.client.call('pictures/document', { id: other.id })).rejects.toThrow(
      'carries no workflow',
    );
    const small = await again.client.call('pictures/bytes', { id: before!.id, size: 'thumbnail' });
    expect((await kindsOf(small)).format).toBe('webp');
  });

  it('deletes pictures for good and tells everybody', async () => {
    const { client, host, folder } = await startHost();
    await run(client, pictureDocument('a', { save: 'a' }));
    await run(client, pictureDocument('b'));
    const ids = (await client.call('pictures/list')).map(({ id }) => id);
    const told = nextEvent(connectTo(host), 'pictures/deleted');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await client.call('pictures/delete', { ids: [...ids, 'unknown'] });
    expect((await told).ids).toEqual([...ids, 'unknown']);
    expect(await client.call('pictures/list')).toEqual([]);
    expect(await readdir(join(folder, 'pictures'))).toEqual([]);
    for (const id of ids)
      await expect(client.call('pictures/bytes', { id, size: 'full' })).rejects.toThrow('not there any more');
  });

  it('tells every problem of a workflow that cannot run', async () => {
    const { client } = await startHost();
    const { wires, ...rest } = pictureDocument('x');
    const kept = Object.entries(wires).filter(([, { to }]) => to[1] !== 'sigmas' && to[1] !== 'noise');
    const job = await run(client, { ...rest, wires: Object.fromEntries(kept) });
    expect(job).toMatchObject({ state: 'failed', node: 'sample' });
    expect(job.problems?.map(({ node, input }) => `${node}.${input}`)).toEqual([
      'sample.noise',
      'sample.sigmas',
    ]);
  });

  it('tells which node failed, why, and what to do', async () => {
    const { client } = await startHost();
    const failed = nextEvent(client, 'run/node-failed');
    const job = await run(client, pictureDocument('fail'));
    const why = {
      node: 'sample',
      message: 'The fake sampler was told to fail.',
      hint: 'Write another prompt.',
    };
    expect(await failed).toMatchObject(why);
    expect(job).toMatchObject({ state: 'failed', ...why });
  });

  it('calls a defect a defect', async () => {
    const { client } = await startHost();
    const log = nextEvent(client, 'engine/log');
    const job = await run(client, pictureDocument('defect'));
    expect(job).toMatchObject({ state: 'failed', node: 'sample' });
    expect(job.hint).toContain('defect of Kronode');
    expect(JSON.stringify(job)).not.toContain('.ts');
    expect((await log).level).toBe('error');
    const entries = await client.call('engine/recent-log');
    expect(entries.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('queues, reorders, cancels and forgets jobs', async () => {
    const { client } = await startHost({ stepMilliseconds: 20 });
    const start = async (title: string, front?: boolean) =>
      (
        await client.call('run/start', {
          document: pictureDocument(title, { title }),
          ...(front !== undefined && { front }),
        })
      ).job;
    const titles = async () =>
      (await client.call('queue/list')).map(({ title, state }) => `${title} ${state}`);
    const first = await start('one');
    await start('two');
    const third = await start('three');
    await start('urgent', true);
    await client.call('queue/move', { job: third, position: 0 });
    expect(await titles()).toEqual(['one running', 'three pending', 'urgent pending', 'two pending']);
    expect((await client.call('queue/document', { job: third })).meta?.title).toBe('three');
    await client.call('run/cancel', { job: third });
    const stopped = nextEvent(client, 'run/finished', ({ job }) => job.id === first);
    await client.call('run/cancel', { job: first });
    expect((await client.call('queue/list'))[0]).toMatchObject({ state: 'running', stopping: true });
    expect((await stopped).job).toMatchObject({ state: 'cancelled' });
    expect((await stopped).job.stopping).toBeUndefined();
    const idle = nextEvent(client, 'queue/changed', (jobs) =>
      jobs.every(({ state }) => state === 'cancelled'),
    );
    await client.call('run/cancel', {});
    await idle;
    await client.call('queue/clear');
    expect(await titles()).toEqual([]);
    await expect(client.call('queue/document', { job: first })).rejects.toThrow('not in the list');
  });

  it('says what a run would compute', async () => {
    const { client } = await startHost();
    const document = pictureDocument('a');
    const before = await client.call('run/preview', { document });
    expect(new Set(Object.values(before.nodes))).toEqual(new Set(['run']));
    await run(client, document);
    const after = await client.call('run/preview', { document: pictureDocument('a', { seed: 2 }) });
    expect(after.nodes).toMatchObject({ model: 'cached', prompt: 'cached', noise: 'run', sample: 'run' });
  });

  it('describes the engine, its nodes and files', async () => {
    const { client } = await startHost();
    const nodes = await client.call('nodes/describe');
    expect(nodes.map(({ type }) => type)).toEqual([...library.keys()]);
    expect(await client.call('files/list', { kind: 'model' })).toEqual([
      { kind: 'model', name: 'nano', bytes: 1000 },
    ]);
    expect(await client.call('engine/info')).toMatchObject({
      version: '0.0.0-test',
      provider: 'cpu',
      counters: { sessionsCreated: 1 },
    });
  });

  it('opens workflows from text and from pictures', async () => {
    const { client } = await startHost();
    const document = pictureDocument('a', { save: 'a' });
    const opened = await client.call('document/open', { content: serializeDocument(document) });
    expect(opened).toEqual({ document, problems: [] });
    const arriving = nextEvent(client, 'run/picture');
    await run(client, document);
    const content = await client.call('pictures/bytes', { id: (await arriving).id, size: 'full' });
    expect((await client.call('document/open', { content })).document).toEqual(document);
    await expect(client.call('document/open', { content: '{"a":1}' })).rejects.toThrow(
      'not a Kronode workflow',
    );
    await expect(client.call('document/open', { content: Uint8Array.of(1, 2) })).rejects.toThrow('neither');
  });

  it('offers templates, each of which opens', async () => {
    const { client } = await startHost();
    const templates = await client.call('document/templates');
    const grid = templates.find(({ id }) => id === 'prompt-grid');
    expect(templates.length).toBeGreaterThanOrEqual(5);
    expect(grid?.document.meta?.title).toBeTruthy();
    expect((await kindsOf(grid!.thumbnail!)).format).toBe('png');
    expect(await client.call('engine/recent-log')).toEqual([]);
  });

  it('takes in pictures under names that are safe, the same one once', async () => {
    const { client, folder } = await startHost();
    const add = (name: string, bytes: Uint8Array) =>
      client.call('files/add-image', { name, bytes: new Uint8Array(bytes) });
    const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const other = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'blue' } })
      .png()
      .toBuffer();
    expect((await add('../../cat.jpeg', png)).name).toBe('cat.png');
    expect((await add('cat.png', png)).name).toBe('cat.png');
    expect((await add('cat.png', other)).name).toBe('cat-2.png');
    expect((await readdir(join(folder, 'user', 'input'))).sort()).toEqual(['cat-2.png', 'cat.png']);
    expect((await client.call('files/list', { kind: 'image' })).map(({ name }) => name)).toContain('cat.png');
    const small = await client.call('files/thumbnail', { kind: 'image', name: 'cat.png' });
    expect(await kindsOf(small)).toEqual({ format: 'webp', width: 9, height: 9 });
    await expect(add('cat.exe', Buffer.from('MZ'))).rejects.toThrow('not a picture');
    await expect(client.call('files/thumbnail', { kind: 'image', name: '../settings.json' })).rejects.toThrow(
      'refused',
    );
  });

  it('shows a model file in its folder where the host can, and says so where not', async () => {
    const shown: string[] = [];
    const { client } = await startHost({ reveal: (path) => shown.push(path) });
    await client.call('models/reveal', { name: 'nano' });
    expect(shown).toEqual([expect.stringMatching(/nano$/)]);
    const { client: other } = await startHost();
    await expect(other.call('models/reveal', { name: 'nano' })).rejects.toThrow('cannot be shown');
  });

  it('tells of models, folders and the device', async () => {
    const { client, folder } = await startHost();
    expect(await client.call('models/list')).toMatchObject([{ name: 'nano', kinds: ['model'] }]);
    expect(await client.call('folders/inspect', { path: folder })).toMatchObject({ path: folder, found: [] });
    await expect(client.call('folders/inspect', { path: 'x' })).rejects.toThrow('not a whole path');
    await client.call('engine/configure', { networkBytes: 12345 });
    expect((await client.call('engine/device')).memory.budgetBytes).toBe(12345);
    expect(await client.call('engine/self-test')).toMatchObject({ verdict: 'right' });
    expect(await client.call('engine/weights')).toEqual({ files: 2, bytes: 3000, isConverting: false });
    await client.call('engine/clear-weights');
    expect(await client.call('engine/weights')).toEqual({ files: 0, bytes: 0, isConverting: false });
  });

  describe('settings', () => {
    it('outlive the program, and the overrides of a session do not', async () => {
      const { client, host, folder } = await startHost({
        overrides: { cacheBytes: 77, outputFolder: '/session' },
      });
      const models = join(folder, 'models');
      await mkdir(models);
      expect(await client.call('engine/settings')).toMatchObject({
        provider: 'auto',
        cacheBytes: 77,
        outputFolder: '/session',
      });
      await client.call('engine/configure', { modelFolders: [models], cacheBytes: 88 });
      expect(await client.call('engine/settings')).toEqual({
        provider: 'auto',
        cacheBytes: 88,
        networkBytes: 0,
        modelFolders: [models],
        outputFolder: '/session',
        namePattern: '{name}_{counter}',
        partProviders: {},
      });
      await host.dispose();
      const again = await startHost({}, folder);
      expect(await again.client.call('engine/settings')).toEqual({
        provider: 'auto',
        cacheBytes: 88,
        networkBytes: 0,
        modelFolders: [models],
        outputFolder: join(folder, 'pictures'),
        namePattern: '{name}_{counter}',
        partProviders: {},
      });
    });

    it('take effect for the next job, and a provider that cannot be had says so', async () => {
      const { client } = await startHost();
      await client.call('engine/configure', { provider: 'cuda' });
      expect(await run(client, pictureDocument('a'))).toMatchObject({
        state: 'failed',
        message: 'cuda cannot be used here.',
        hint: 'Choose auto or cpu.',
      });
      await client.call('engine/configure', { provider: 'cpu' });
      expect(await run(client, pictureDocument('a'))).toMatchObject({ state: 'done' });
    });

    it('refuse folders that are not there', async () => {
      const { client } = await startHost();
      const configure = (modelFolders: string[]) => client.call('engine/configure', { modelFolders });
      await expect(configure(['models'])).rejects.toThrow('not a whole path');
      await expect(configure(['/nowhere/at/all'])).rejects.toThrow('no folder');
      expect((await client.call('engine/settings')).modelFolders).toEqual([]);
    });

    it('refuse a name pattern that is none and a folder that cannot be written', async () => {
      const { client, folder } = await startHost();
      const configure = (change: object) => client.call('engine/configure', change);
      await expect(configure({ namePattern: '../{name}' })).rejects.toThrow('leads out of the output folder');
      await expect(configure({ namePattern: '{nam}' })).rejects.toThrow('there is no {nam}');
      await expect(configure({ outputFolder: 'pictures' })).rejects.toThrow('not a whole path');
      await writeFile(join(folder, 'file'), '');
      await expect(configure({ outputFolder: join(folder, 'file', 'x') })).rejects.toThrow(
        'cannot be written',
      );
      expect(await client.call('engine/settings')).toMatchObject({ namePattern: '{name}_{counter}' });
    });

    it('keep a model folder that is away for a while', async () => {
      const { client, folder } = await startHost();
      const [away, other] = [join(folder, 'away'), join(folder, 'other')];
      await mkdir(away);
      await mkdir(other);
      await client.call('engine/configure', { modelFolders: [away] });
      await rm(away, { recursive: true });
      const { modelFolders } = await client.call('engine/configure', { modelFolders: [away, other] });
      expect(modelFolders).toEqual([away, other]);
    });

    it('name the next picture, without the engine starting again', async () => {
      const { client, folder } = await startHost();
      await client.call('engine/configure', { namePattern: '{title}/{seed} {name}' });
      const document = pictureDocument('a', { save: 'cat', seed: 9, title: 'Cats' });
      expect(await run(client, document)).toMatchObject({ state: 'done' });
      expect(await readdir(join(folder, 'pictures', 'Cats'))).toEqual(['9 cat.png']);
    });

    it.each([
      ['is no JSON', '{"provider": "cpu"'],
      ['holds nonsense', '{"provider": "abacus"}'],
      ['is empty', ''],
    ])('are the defaults when the file %s, which is set aside', async (_what, text) => {
      const folder = await tempFolder();
      await mkdir(join(folder, 'user'));
      await writeFile(join(folder, 'user', 'settings.json'), text);
      const { client } = await startHost({}, folder);
      expect((await client.call('engine/settings')).provider).toBe('auto');
      const [notice] = await client.call('engine/recent-log');
      expect(notice).toMatchObject({ level: 'warning', message: expect.stringContaining('set aside') });
      const [aside] = await readdir(join(folder, 'user'));
      expect(await readFile(join(folder, 'user', aside!), 'utf8')).toBe(text);
    });
  });

  describe('the journal', () => {
    it('keeps the newest version of every document until it is removed', async () => {
      const { client, host, folder } = await startHost();
      const write = (id: string, prompt: string) =>
        client.call('journal/write', { id, title: prompt, document: pictureDocument(prompt) });
      await write('tab-1', 'old');
      await Promise.all([write('tab-1', 'mid'), write('tab-1', 'new'), write('tab-2', 'other')]);
      await host.dispose();
      const again = await startHost({}, folder);
      const entries = await again.client.call('journal/list');
      expect(entries.map(({ id, title }) => `${id} ${title}`).sort()).toEqual(['tab-1 new', 'tab-2 other']);
      expect(entries.find(({ id }) => id === 'tab-1')?.document).toEqual(pictureDocument('new'));
      await again.client.call('journal/remove', { id: 'tab-1' });
      expect((await again.client.call('journal/list')).map(({ id }) => id)).toEqual(['tab-2']);
    });

    it('sets damaged entries aside and gives the others', async () => {
      const { client, folder } = await startHost();
      await client.call('journal/write', { id: 'good', title: 'good', document: pictureDocument('a') });
      const journal = join(folder, 'user', 'journal');
      await writeFile(join(journal, 'bad.json'), '{"title":"bad","at":1,"doc');
      await writeFile(join(journal, 'odd.json'), '{"title":"odd","at":1,"document":{"format":"x"}}');
      expect((await client.call('journal/list')).map(({ id }) => id)).toEqual(['good']);
      expect((await client.call('engine/recent-log')).map(({ level }) => level)).toEqual([
        'warning',
        'warning',
      ]);
      expect((await readdir(journal)).filter((name) => name.includes('.damaged-'))).toHaveLength(2);
    });

    it('refuses ids that could be paths', async () => {
      const { client } = await startHost();
      for (const id of ['../settings', 'a/b', '', 'a'.repeat(65), '.'])
        await expect(
          client.call('journal/write', { id, title: '', document: pictureDocument('a') }),
        ).rejects.toMatchObject({ code: 'bad-input' });
    });
  });
});
