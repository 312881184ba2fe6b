import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { UserError } from '../../nodes/core/errors.ts';
import { emptyDocument } from '../../nodes/document/schema.ts';
import { connectEngine, type EngineHandlers, serveEngine } from '../../nodes/protocol/engine.ts';
import { ConnectionLost, RemoteError } from '../../nodes/protocol/errors.ts';
import { lines } from './lines.ts';

const settings = {
  provider: 'auto',
  cacheBytes: 1,
  networkBytes: 0,
  modelFolders: [],
  outputFolder: '/out',
  namePattern: '{name}',
  partProviders: {},
} as const;
/** Lets everything on the way arrive. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 40));
const failureOf = (promise: Promise<unknown>): Promise<RemoteError> =>
  promise.then(
    () => expect.unreachable('it worked'),
    (error) => error,
  );

describe.each(Object.keys(lines))('the protocol over %s', (name) => {
  /** A client and a server that answers only what the test says. */
  async function connected(handlers: Partial<EngineHandlers> = {}) {
    const line = await lines[name]!();
    onTestFinished(line.end);
    const defects: unknown[] = [];
    const faults: string[] = [];
    const connection = serveEngine(line.server, handlers as EngineHandlers, {
      onDefect: (error, call) => defects.push([call, error]),
    });
    const client = connectEngine(line.client, (fault) => faults.push(fault));
    return { ...line, client, clientLine: line.client, connection, defects, faults };
  }

  it('carries calls and answers both ways', async () => {
    const { client } = await connected({
      'engine/settings': () => ({ ...settings, modelFolders: ['/a', '/b'] }),
      'run/start': async ({ document, targets }) => ({
        job: `${document.meta?.title} ${targets?.join() ?? 'all'}`,
      }),
      'queue/clear': () => undefined,
    });
    const document = { ...emptyDocument(), meta: { title: '一个苹果 🍎' } };
    expect(await client.call('engine/settings')).toEqual({ ...settings, modelFolders: ['/a', '/b'] });
    expect(await client.call('run/start', { document })).toEqual({ job: '一个苹果 🍎 all' });
    expect(await client.call('run/start', { document, targets: ['n'] })).toEqual({ job: '一个苹果 🍎 n' });
    expect(await client.call('queue/clear')).toBeUndefined();
  });

  it('carries bytes as plain Uint8Array, exactly those meant', async () => {
    const seen: Uint8Array[] = [];
    const { client } = await connected({
      'files/add-image': ({ bytes, name: file }) => {
        seen.push(bytes);
        return { kind: 'image', name: file, bytes: bytes.length };
      },
      // A Node Buffer, which is what files are read into.
      'pictures/bytes': () => readFile(new URL(import.meta.url)) as Promise<Uint8Array<ArrayBuffer>>,
    });
    const part = Uint8Array.from({ length: 300 }, (_, i) => i).subarray(10, 266);
    await client.call('files/add-image', { name: 'a.png', bytes: part });
    const answer = await client.call('pictures/bytes', { id: 'p', size: 'full' });
    for (const bytes of [...seen, answer]) expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect(seen[0]).toEqual(new Uint8Array(part));
    expect(Buffer.from(answer).equals(await readFile(new URL(import.meta.url)))).toBe(true);
  });

  it('carries many megabytes', async () => {
    const large = new Uint8Array(12 * 2 ** 20).fill(7);
    const { client } = await connected({ 'pictures/bytes': () => large });
    const answer = await client.call('pictures/bytes', { id: 'p', size: 'full' });
    expect(Buffer.compare(answer, large)).toBe(0);
  });

  it('keeps answers and calls together when they overtake each other', async () => {
    const { client } = await connected({
      'files/list': async ({ kind }) => {
        await new Promise((resolve) => setTimeout(resolve, kind === 'model' ? 30 : 0));
        return [{ kind, name: kind, bytes: 0 }];
      },
    });
    const order: string[] = [];
    const ask = async (kind: 'model' | 'vae') => {
      const [file] = await client.call('files/list', { kind });
      order.push(file!.name);
      return file!.kind;
    };
    expect(await Promise.all([ask('model'), ask('vae'), ask('model')])).toEqual(['model', 'vae', 'model']);
    expect(order).toEqual(['vae', 'model', 'model']);
  });

  it('tells people what is wrong and what to do', async () => {
    const { client, defects } = await connected({
      'journal/list': () => {
        throw new UserError('The disk is full.', { hint: 'Make room.' });
      },
      'queue/clear': () => {
        throw new UserError('No.');
      },
    });
    const error = await failureOf(client.call('journal/list'));
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ code: 'user', message: 'The disk is full.', hint: 'Make room.' });
    expect(await failureOf(client.call('queue/clear'))).toMatchObject({ message: 'No.', hint: undefined });
    expect(defects).toEqual([]);
  });

  it('keeps the insides of a defect to itself', async () => {
    const error = new TypeError('password of the database');
    const { client, defects } = await connected({
      'queue/clear': () => Promise.reject(error),
    });
    const seen = await failureOf(client.call('queue/clear'));
    expect(seen.code).toBe('defect');
    expect(`${seen.message} ${seen.hint}`).not.toMatch(/password|TypeError|\.ts/);
    expect(defects).toEqual([['queue/clear', error]]);
  });

  it('refuses calls there are not, also those objects are born with', async () => {
    const { client } = await connected();
    for (const call of ['run/everything', 'toString', '__proto__', 'constructor'])
      expect(await failureOf(client.call(call as 'queue/list'))).toMatchObject({
        code: 'unknown-call',
        message: `There is no call “${call}”.`,
      });
  });

  it('checks what comes in before any handler sees it, and says where it is wrong', async () => {
    const handler = vi.fn();
    const { client } = await connected({ 'queue/move': handler, 'run/start': handler });
    const wrong = { job: 'j', position: -1 };
    expect(await failureOf(client.call('queue/move', wrong))).toMatchObject({ code: 'bad-input' });
    expect((await failureOf(client.call('queue/move', wrong))).message).toContain('position');
    const document = { ...emptyDocument(), nodes: { n: { type: 1 } } } as never;
    expect((await failureOf(client.call('run/start', { document }))).message).toContain('document.nodes.n');
    expect(handler).not.toHaveBeenCalled();
  });

  it('checks answers and events before the client sees them', async () => {
    const { client, connection, faults } = await connected({
      'queue/list': () => [{ id: 1 }] as never,
      'queue/clear': () => undefined,
    });
    expect(await failureOf(client.call('queue/list'))).toMatchObject({ code: 'bad-answer' });
    const heard = vi.fn();
    client.on('run/notice', heard);
    connection.emit('run/notice', { job: 'j', node: 'n' } as never);
    connection.emit('run/notice', { job: 'j', node: 'n', message: 'fine' });
    await settle();
    expect(heard.mock.calls).toEqual([[{ job: 'j', node: 'n', message: 'fine' }]]);
    expect(faults).toEqual([expect.stringContaining('run/notice')]);
    await client.call('queue/clear');
  });

  it('tells events in order, to those who listen', async () => {
    const { client, connection } = await connected({ 'queue/clear': () => undefined });
    await client.call('queue/clear');
    const heard: string[] = [];
    const off = client.on('run/notice', ({ message }) => heard.push(message));
    client.on('run/notice', ({ message }) => heard.push(message.toUpperCase()));
    for (const message of ['a', 'b']) connection.emit('run/notice', { job: 'j', node: 'n', message });
    await settle();
    off();
    connection.emit('run/notice', { job: 'j', node: 'n', message: 'c' });
    await settle();
    expect(heard).toEqual(['a', 'A', 'b', 'B', 'C']);
  });

  it('has one preview under way at a time, and only the newest of each node after it', async () => {
    const { client, connection, clientLine, server } = await connected({ 'queue/clear': () => undefined });
    await client.call('queue/clear');
    const seen: string[] = [];
    client.on('run/preview', ({ node, jpeg }) => seen.push(`${node}${jpeg[0]}`));
    const posted = vi.spyOn(server, 'post');
    // The client is slow: its receipts wait.
    const receipts: unknown[] = [];
    const post = clientLine.post;
    clientLine.post = (message) => receipts.push(message);
    const preview = (node: string, version: number) =>
      connection.emit('run/preview', { job: 'j', node, jpeg: Uint8Array.of(version) });
    for (let version = 1; version <= 5; version++) preview('a', version);
    preview('b', 1);
    preview('b', 2);
    await settle();
    expect(seen).toEqual(['a1']);
    expect(posted).toHaveBeenCalledTimes(1);
    clientLine.post = post;
    for (const receipt of receipts) clientLine.post(receipt);
    await settle();
    expect(seen).toEqual(['a1', 'a5', 'b2']);
  });

  it('rejects what is pending when the line breaks, and everything after', async () => {
    const { client, connection } = await connected({
      'engine/settings': () => new Promise(() => undefined),
      'queue/clear': () => undefined,
    });
    await client.call('queue/clear');
    const pending = failureOf(client.call('engine/settings'));
    await settle();
    connection.close();
    expect(await pending).toBeInstanceOf(ConnectionLost);
    expect(await failureOf(client.call('queue/clear'))).toBeInstanceOf(ConnectionLost);
  });

  it('tells the server when the client goes', async () => {
    const { client, server } = await connected({ 'queue/clear': () => undefined });
    await client.call('queue/clear');
    const gone = new Promise<void>((resolve) => server.onClose(resolve));
    client.close();
    await gone;
    expect(await failureOf(client.call('queue/clear'))).toBeInstanceOf(ConnectionLost);
  });

  it('refuses a client of another version with a sentence', async () => {
    const line = await lines[name]!();
    onTestFinished(line.end);
    const handler = vi.fn();
    serveEngine(line.server, { 'queue/list': handler } as never, { onDefect: () => undefined });
    const post = line.client.post;
    line.client.post = (message) =>
      post((message as { kind: string }).kind === 'hello' ? { kind: 'hello', protocol: 99 } : message);
    const client = connectEngine(line.client, () => undefined);
    const error = await failureOf(client.call('queue/list'));
    expect(error.message).toMatch(/different versions/);
    expect(error.hint).toMatch(/Reload/);
    expect(handler).not.toHaveBeenCalled();
  });

  it.each([
    ['a call before hello', { kind: 'call', id: 1, name: 'queue/list' }],
    ['an unknown message', { kind: 'shout' }],
    ['a number', 7],
    ['nothing', null],
    ['a call without a number', { kind: 'call', id: 'one', name: 'queue/list' }],
  ])('cuts off whoever sends %s', async (_what, message) => {
    const line = await lines[name]!();
    onTestFinished(line.end);
    const handler = vi.fn();
    serveEngine(line.server, { 'queue/list': handler } as never, { onDefect: () => undefined });
    const closed = new Promise<void>((resolve) => line.client.onClose(resolve));
    line.client.post(message);
    await closed;
    expect(handler).not.toHaveBeenCalled();
  });
});
