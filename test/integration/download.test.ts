import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Downloads } from '../../nodes/host/downloads/downloads.ts';
import type { KnownModel } from '../../nodes/host/downloads/known-models.ts';
import type { DownloadsState } from '../../nodes/protocol/downloads.ts';
import { buildPrograms } from '../support/build-programs.ts';
import { ModelServer } from '../support/model-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { testModel } from '../support/test-model.ts';

const noise = (bytes: number, salt: number) =>
  Buffer.from(
    Uint8Array.from({ length: bytes }, (_, i) => (Math.imul(i + salt, 2_654_435_761) >>> 13) & 255),
  );

const contents = new Map([
  ['maker/model/model_index.json', Buffer.from('{"_class_name":"ZImagePipeline"}')],
  ['maker/model/transformer/a-00001-of-00002.safetensors', noise(3_000_000, 1)],
  ['maker/model/transformer/a-00002-of-00002.safetensors', noise(700_001, 2)],
  ['maker/model/README.md', Buffer.from('not wanted')],
  ['maker/other/vae/ae.safetensors', noise(50_000, 3)],
  ['maker/other/vae/other.safetensors', noise(10, 4)],
]);
const targets: Readonly<Record<string, string>> = {
  'Model/model_index.json': 'maker/model/model_index.json',
  'Model/transformer/a-00001-of-00002.safetensors': 'maker/model/transformer/a-00001-of-00002.safetensors',
  'Model/transformer/a-00002-of-00002.safetensors': 'maker/model/transformer/a-00002-of-00002.safetensors',
  'vae/ae.safetensors': 'maker/other/vae/ae.safetensors',
};
const total = Object.values(targets).reduce((sum, path) => sum + contents.get(path)!.length, 0);
const large = 'Model/transformer/a-00001-of-00002.safetensors';

/** Every file below a folder, hidden ones included. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

async function expectWhole(folder: string): Promise<void> {
  expect(await filesIn(folder)).toEqual(Object.keys(targets).sort());
  for (const [target, path] of Object.entries(targets))
    expect((await readFile(join(folder, target))).equals(contents.get(path)!)).toBe(true);
}

async function setUp(options: { readonly enabled?: boolean; readonly models?: readonly KnownModel[] } = {}) {
  const server = new ModelServer(contents);
  const mirror = await server.start();
  const root = await tempFolder();
  const folder = join(root, 'models');
  const states: DownloadsState[] = [];
  const problems: unknown[] = [];
  const open = () =>
    Downloads.open({
      stateFolder: join(root, 'state'),
      modelFolder: () => folder,
      models: options.models ?? [testModel],
      policy: { stallAfter: 400, tries: 4, retryAfter: 5 },
      onChange: (state) => states.push(state),
      onProblem: (problem) => problems.push(problem),
      onDefect: (problem) => problems.push(problem),
    });
  const downloads = await open();
  onTestFinished(async () => {
    await downloads.dispose();
    await server.stop();
    expect(problems).toEqual([]);
  });
  if (options.enabled ?? true) await downloads.configure({ enabled: true, mirror });
  const model = () => states.at(-1)!.models[0]!;
  const begin = async () => {
    const { missingBytes } = await downloads.plan('test');
    await downloads.start('test', missingBytes);
  };
  const settled = () =>
    vi.waitFor(() => expect(['complete', 'failed', 'partial', 'absent']).toContain(model().state), {
      timeout: 20_000,
      interval: 5,
    });
  const run = async () => {
    await begin();
    await settled();
    return model();
  };
  return { server, mirror, folder, states, downloads, open, begin, settled, run, model };
}

describe('a download', () => {
  test('brings exactly the wanted files, whole and under their names', async () => {
    const { folder, run, states } = await setUp();
    expect(await run()).toEqual({ id: 'test', state: 'complete', doneBytes: total, totalBytes: total });
    await expectWhole(folder);
    expect(states.some(({ models }) => models[0]!.state === 'running' && models[0]!.file === large)).toBe(
      true,
    );
  });

  test('that waits for another is stopped and started again without waiting for it', async () => {
    const other: KnownModel = {
      id: 'other',
      sources: [{ ...testModel.sources[1]!, paths: ['vae/other.safetensors'] }],
    };
    const { server, downloads, states, begin, settled, folder } = await setUp({ models: [testModel, other] });
    const stateOf = (id: string) => states.at(-1)!.models.find((model) => model.id === id)!.state;
    const beginOther = async () => downloads.start('other', (await downloads.plan('other')).missingBytes);
    server.pace = 20;
    await begin();
    await vi.waitFor(() => expect(stateOf('test')).toBe('running'));
    await beginOther();
    expect(stateOf('other')).toBe('waiting');
    await downloads.stop('other', true);
    expect([stateOf('test'), stateOf('other')]).toEqual(['running', 'absent']);
    await beginOther();
    expect([stateOf('test'), stateOf('other')]).toEqual(['running', 'waiting']);
    server.pace = 0;
    await settled();
    await vi.waitFor(() => expect(stateOf('other')).toBe('complete'));
    expect(await filesIn(folder)).toEqual([...Object.keys(targets), 'vae/other.safetensors'].sort());
  });

  test('shows sizes and what is there before anything is fetched', async () => {
    const { folder, downloads, server } = await setUp();
    await mkdir(join(folder, 'vae'), { recursive: true });
    await writeFile(join(folder, 'vae', 'ae.safetensors'), contents.get('maker/other/vae/ae.safetensors')!);
    const plan = await downloads.plan('test');
    expect(plan).toMatchObject({ totalBytes: total, missingBytes: total - 50_000, folder });
    expect(plan.files.filter(({ present }) => present).map(({ target }) => target)).toEqual([
      'vae/ae.safetensors',
    ]);
    expect(plan.freeBytes).toBeGreaterThan(0);
    expect(server.fetched).toEqual([]);
  });

  test.each([
    [
      'is cut off',
      [
        { kind: 'cut', after: 1_234_567 },
        { kind: 'cut', after: 10 },
      ],
    ],
    ['stalls', [{ kind: 'stall', after: 777_777 }]],
    [
      'breaks down for a while',
      [
        { kind: 'status', status: 503 },
        { kind: 'status', status: 429 },
      ],
    ],
    ['knows no ranges', [{ kind: 'cut', after: 1_000_000 }, { kind: 'no-ranges' }]],
    ['sends another range', [{ kind: 'cut', after: 1_000_000 }, { kind: 'wrong-range' }]],
    ['sends too much', [{ kind: 'too-much' }]],
    ['corrupts one byte', [{ kind: 'corrupt', at: 2_500_000 }]],
  ] as const)('from a server that %s comes out right', async (_, tricks) => {
    const { folder, server, run } = await setUp();
    // The small file is first and not meant.
    server.mischief.push({ kind: 'cut', after: 0 }, ...tricks);
    expect((await run()).state).toBe('complete');
    await expectWhole(folder);
  });

  test('goes on where it was cut off', async () => {
    const { server, run } = await setUp();
    server.mischief.push({ kind: 'no-ranges' }, { kind: 'cut', after: 2_000_000 });
    await run();
    const ranges = server.fetched
      .filter(({ path }) => path.endsWith('a-00001-of-00002.safetensors'))
      .map(({ range }) => range);
    expect(ranges).toHaveLength(2);
    expect(Number(/^bytes=(\d+)-$/.exec(ranges[1]!)![1])).toBeGreaterThan(0);
  });

  test('that stays corrupt is thrown away and told', async () => {
    const { folder, server, run } = await setUp();
    server.mischief.push(
      { kind: 'no-ranges' },
      ...Array.from({ length: 2 }, () => ({ kind: 'corrupt', at: 5 }) as const),
    );
    const model = await run();
    expect(model).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/a-00001.* is not the file that was published/),
    });
    expect((await filesIn(folder)).filter((name) => name.endsWith('.safetensors'))).toEqual([]);
  });

  test.each([
    ['http elsewhere', 'http://127.0.0.1:9/elsewhere', /leads to http:\/\/127\.0\.0\.1:9, which is not safe/],
    ['a file of this machine', 'file:///etc/passwd', /leads to null, which is not safe/],
  ])('is not led to %s', async (_, to, why) => {
    const { server, run } = await setUp();
    server.mischief.push({ kind: 'redirect', to });
    expect(await run()).toMatchObject({ state: 'failed', message: expect.stringMatching(why) });
  });

  test('follows the mirror to other places of its own', async () => {
    const { server, run, folder } = await setUp();
    server.mischief.push({ kind: 'redirect', to: '/maker/model/resolve/main/model_index.json' });
    expect((await run()).state).toBe('complete');
    await expectWhole(folder);
  });

  test('gives up in a sentence where the server is gone, and goes on later', async () => {
    const { server, run, folder } = await setUp();
    server.mischief.push(
      { kind: 'no-ranges' },
      { kind: 'cut', after: 2_000_000 },
      ...Array.from({ length: 4 }, () => ({ kind: 'status', status: 500 }) as const),
    );
    const model = await run();
    expect(model).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('answered 500'),
      hint: expect.stringContaining('what has come is kept'),
    });
    expect(model.doneBytes).toBeGreaterThan(0);
    expect((await run()).state).toBe('complete');
    await expectWhole(folder);
  });

  test('can be stopped, continued in another session, and thrown away', async () => {
    const { server, downloads, begin, settled, model, open, folder, mirror } = await setUp();
    server.pace = 5;
    await begin();
    await vi.waitFor(() => expect(model().doneBytes).toBeGreaterThan(100_000));
    await downloads.stop('test', false);
    await settled();
    expect(model().state).toBe('partial');
    expect(model().doneBytes).toBeLessThan(total);
    server.pace = 0;
    const again = await open();
    const [known] = (await again.status()).models;
    expect(known).toMatchObject({ state: 'partial', doneBytes: model().doneBytes, totalBytes: total });
    await again.configure({ mirror });
    await again.stop('test', true);
    expect((await filesIn(folder)).filter((name) => name.includes('.unfinished'))).toEqual([]);
    await again.dispose();
  });

  test('a file of the same size and other content is not taken for the published one', async () => {
    const { folder, run } = await setUp();
    await mkdir(join(folder, 'vae'), { recursive: true });
    await writeFile(join(folder, 'vae', 'ae.safetensors'), Buffer.alloc(50_000));
    expect(await run()).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/vae.ae\.safetensors is not the file that was published/),
    });
    expect((await readFile(join(folder, 'vae', 'ae.safetensors'))).equals(Buffer.alloc(50_000))).toBe(true);
  });
});

describe('nothing is asked of a server', () => {
  test('until downloads are allowed', async () => {
    const { downloads, server } = await setUp({ enabled: false });
    expect((await downloads.status()).enabled).toBe(false);
    await expect(downloads.plan('test')).rejects.toThrow('Downloads are switched off');
    await expect(downloads.start('test', 0)).rejects.toThrow('Downloads are switched off');
    expect(server.served).toEqual([]);
  });

  test('for a size nobody agreed to', async () => {
    const { downloads, server } = await setUp();
    await expect(downloads.start('test', total)).rejects.toThrow('looked up first');
    const { missingBytes } = await downloads.plan('test');
    await expect(downloads.start('test', missingBytes + 1)).rejects.toThrow('looked up first');
    expect(server.fetched).toEqual([]);
  });

  test('for more than the disk has room for', async () => {
    const { downloads, server } = await setUp();
    const file = (path: string, size: number) => ({ type: 'file', path, size, oid: 'a'.repeat(40) });
    server.listing = () => [
      file('model_index.json', 1),
      file('vae/ae.safetensors', 1),
      file('transformer/a.safetensors', 1e15),
    ];
    const { missingBytes, freeBytes } = await downloads.plan('test');
    expect(missingBytes).toBeGreaterThan(freeBytes);
    await expect(downloads.start('test', missingBytes)).rejects.toThrow(
      /^The download needs \d+\.\d GB and .* has \d+\.\d GB free\.$/,
    );
    expect(server.fetched).toEqual([]);
  });

  test.each(['http://example.com', 'ftp://x', 'nonsense', 'https://user:pw@x.org', 'file:///'])(
    'under the address %s',
    async (mirror) => {
      const { downloads } = await setUp({ enabled: false });
      await expect(downloads.configure({ enabled: true, mirror })).rejects.toThrow(
        /is no address|cannot be used/,
      );
    },
  );
});

describe('a mirror that cannot be trusted', () => {
  const listed = (path: string, more: object = {}) => [
    { type: 'file', path, size: 1, oid: 'a'.repeat(40), ...more },
  ];
  test.each<[string, unknown, RegExp]>([
    ['names a file outside', listed('transformer/../../../evil.safetensors'), /unusual name/],
    ['names a hidden file', listed('transformer/.bashrc'), /unusual name/],
    ['names a device', listed('transformer/a:b'), /unusual name/],
    ['gives no hash', listed('transformer/a.safetensors', { oid: '' }), /gives no hash/],
    ['lacks the files', [], /has no model_index\.json, transformer\//],
    ['answers nonsense', { hello: 1 }, /cannot be read/],
  ])('%s', async (_, listing, why) => {
    const { server, downloads } = await setUp();
    server.listing = () =>
      Array.isArray(listing) && listing.length > 0
        ? [...listed('model_index.json'), ...listed('vae/ae.safetensors'), ...listing]
        : listing;
    await expect(downloads.plan('test')).rejects.toThrow(why);
  });
});

describe('killed at any moment', () => {
  let programs: Awaited<ReturnType<typeof buildPrograms<'download'>>>;
  beforeAll(async () => {
    programs = await buildPrograms({ download: 'test/support/download-program.ts' });
  });
  afterAll(() => programs.remove());

  test('it resumes, and no half file is ever under a real name', { timeout: 240_000 }, async () => {
    const server = new ModelServer(contents);
    const mirror = await server.start();
    onTestFinished(() => server.stop());
    const root = await tempFolder();
    const folder = join(root, 'models');
    await mkdir(folder);
    const launch = () => {
      const child = spawn(
        process.execPath,
        [programs.pathOf('download'), folder, join(root, 'state'), mirror],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const closed = once(child, 'close');
      const fetching = new Promise<void>((resolve) => {
        child.stdout.on('data', (lines: Buffer) => /running|complete/.test(String(lines)) && resolve());
        child.once('close', () => resolve());
      });
      return { child, closed, fetching };
    };
    server.pace = 12;
    for (let round = 0; round < 20; round++) {
      const { child, closed, fetching } = launch();
      await fetching;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      child.kill('SIGKILL');
      await closed;
      for (const name of await filesIn(folder)) {
        if (name.includes('.unfinished')) continue;
        const path = targets[name];
        expect(path, name).toBeDefined();
        expect((await readFile(join(folder, name))).equals(contents.get(path!)!), name).toBe(true);
      }
    }
    expect(server.fetched.some(({ range }) => range !== undefined)).toBe(true);
    server.pace = 0;
    const { child, closed } = launch();
    await closed;
    expect(child.exitCode).toBe(0);
    await expectWhole(folder);
  });
});
