import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeptQueue } from '../../nodes/host/kept-queue.ts';
import { connectTo, createFakeHost, nextEvent } from '../support/fake-host.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function startHost(folder: string, options: Parameters<typeof createFakeHost>[1] = {}) {
  const host = await createFakeHost(folder, options);
  onTestFinished(() => host.dispose());
  return { host, client: connectTo(host) };
}

const apple = (seed: number) => pictureDocument('an apple', { seed, title: `Apple ${seed}` });
const titles = (jobs: readonly { title: string; state: string; held?: boolean | undefined }[]) =>
  jobs.map(({ title, state, held }) => `${title} ${state}${held ? ' held' : ''}`);

describe('a queue that is kept', () => {
  it('brings back what waited and what ran, in order, and starts none of it by itself', async () => {
    const folder = await tempFolder();
    const { host, client } = await startHost(folder, { stepMilliseconds: 60 });
    for (const seed of [1, 2, 3]) await client.call('run/start', { document: apple(seed) });
    const { id } = (await client.call('queue/list'))[2]!;
    await client.call('queue/move', { job: id, position: 0 });
    await host.dispose();

    const next = await startHost(folder);
    const jobs = await next.client.call('queue/list');
    expect(titles(jobs)).toEqual(['Apple 1 pending held', 'Apple 3 pending held', 'Apple 2 pending held']);
    expect(jobs.map(({ seeds }) => seeds)).toEqual([['1'], ['3'], ['2']]);
    expect(await next.client.call('queue/document', { job: jobs[1]!.id })).toMatchObject({
      meta: { title: 'Apple 3' },
    });

    // What a person asks for now runs at once and leaves them alone.
    const own = nextEvent(next.client, 'run/finished');
    await next.client.call('run/start', { document: apple(9) });
    expect((await own).job).toMatchObject({ title: 'Apple 9', state: 'done' });
    expect(titles(await next.client.call('queue/list'))).toContain('Apple 1 pending held');

    const last = nextEvent(next.client, 'run/finished', ({ job }) => job.title === 'Apple 2');
    await next.client.call('queue/continue');
    await last;
    expect(titles(await next.client.call('queue/list'))).toEqual([
      'Apple 1 done',
      'Apple 3 done',
      'Apple 2 done',
      'Apple 9 done',
    ]);
    await next.host.dispose();
    expect(await (await startHost(folder)).client.call('queue/list')).toEqual([]);
  });

  it('forgets what was discarded', async () => {
    const folder = await tempFolder();
    const { host, client } = await startHost(folder, { stepMilliseconds: 60 });
    for (const seed of [1, 2]) await client.call('run/start', { document: apple(seed) });
    await host.dispose();
    const next = await startHost(folder);
    await next.client.call('queue/clear-waiting');
    expect(await next.client.call('queue/list')).toEqual([]);
    await next.host.dispose();
    expect(await readdir(join(folder, 'user', 'queue'))).toEqual(['order.json']);
  });

  it('does not keep values that were only tried', async () => {
    const folder = await tempFolder();
    const { host, client } = await startHost(folder, { stepMilliseconds: 60 });
    await client.call('run/start', { document: apple(1), live: true });
    await host.dispose();
    expect(await (await startHost(folder)).client.call('queue/list')).toEqual([]);
  });

  it('sets a damaged job aside, tells of it, and keeps the others', async () => {
    const folder = join(await tempFolder(), 'queue');
    const notices: string[] = [];
    const first = new KeptQueue(folder, (notice) => notices.push(notice));
    const job = (id: string, queuedAt: number) => ({
      id,
      queuedAt,
      targets: undefined,
      document: apple(queuedAt),
    });
    first.keep([job('job-a', 1), job('job-b', 2), job('job-c', 3)]);
    await first.close();
    await writeFile(join(folder, 'job-b.json'), '{"queuedAt":');
    await writeFile(join(folder, '.job-x.json.0.unfinished'), 'half');
    const again = new KeptQueue(folder, (notice) => notices.push(notice));
    expect((await again.load()).map(({ id }) => id)).toEqual(['job-a', 'job-c']);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('job-b.json is damaged');
    expect((await readdir(folder)).filter((name) => name.endsWith('unfinished'))).toEqual([]);
  });

  it('puts a job whose place was not written yet last, and lives without an order', async () => {
    const folder = join(await tempFolder(), 'queue');
    const kept = new KeptQueue(folder, () => undefined);
    const job = (id: string, queuedAt: number) => ({
      id,
      queuedAt,
      targets: ['end'],
      document: apple(queuedAt),
    });
    kept.keep([job('job-z', 1), job('job-a', 2)]);
    await kept.close();
    const late = await readFile(join(folder, 'job-a.json'), 'utf8');
    await writeFile(join(folder, 'job-b.json'), late.replace('"queuedAt":2', '"queuedAt":0'));
    const load = async () => (await new KeptQueue(folder, () => undefined).load()).map(({ id }) => id);
    expect(await load()).toEqual(['job-z', 'job-a', 'job-b']);
    await rm(join(folder, 'order.json'));
    expect(await load()).toEqual(['job-b', 'job-z', 'job-a']);
    await mkdir(join(folder, 'order.json'));
    expect(await load()).toEqual(['job-b', 'job-z', 'job-a']);
  });
});
