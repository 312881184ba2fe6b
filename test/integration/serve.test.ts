import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type RunningServer, serve } from '../../electron/server/serve.ts';
import { forkEngine } from '../../electron/supervisor/engine-child.ts';
import { buildPrograms } from '../support/build-programs.ts';
import { nextEvent } from '../support/fake-host.ts';
import { ask, openPage, openSocket, originOf, signIn, tokenOf } from '../support/local-browser.ts';
import { pictureDocument } from '../support/picture-document.ts';
import { tempFolder } from '../support/temp-folder.ts';

let programs: Awaited<ReturnType<typeof buildPrograms<'engine' | 'serve'>>>;
let renderer: string;

/** A built editor in miniature, with things beside it that nobody may see. */
async function writeRenderer(folder: string): Promise<void> {
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Kronode</title>');
  await writeFile(join(folder, 'assets', 'app-1a2b.js'), 'export {};');
  await writeFile(join(folder, 'assets', 'app-1a2b.css'), 'body{}');
  await writeFile(join(folder, '.env'), 'SECRET');
  await writeFile(join(folder, '..', 'secret.txt'), 'SECRET');
  await symlink(join(folder, '..', 'secret.txt'), join(folder, 'link.txt'));
}

beforeAll(async () => {
  programs = await buildPrograms({
    engine: 'test/support/fake-engine-program.ts',
    serve: 'test/support/serve-program.ts',
  });
  renderer = join(programs.folder, 'dist', 'renderer');
  await writeRenderer(renderer);
  // What makes the folder look like an installation.
  await mkdir(join(programs.folder, 'nodes', 'models'), { recursive: true });
  await mkdir(join(programs.folder, 'workflows'));
});
afterAll(() => programs.remove());

async function start(options: { readonly port?: number } = { port: 0 }): Promise<RunningServer> {
  const server = await serve({
    ...options,
    renderer,
    userData: await tempFolder(),
    output: await tempFolder(),
    spawn: forkEngine(programs.pathOf('engine')),
    onDefect: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  return server;
}

describe('kronode serve', () => {
  it('serves the editor with the right types and headers, to GET and HEAD', async () => {
    const { port } = await start();
    const page = await ask(port, '/');
    expect(page.status).toBe(200);
    expect(page.text).toContain('<title>Kronode</title>');
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(/default-src 'none'.*script-src 'self';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    const script = await ask(port, '/assets/app-1a2b.js?v=1');
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(script.headers['cache-control']).toContain('immutable');
    expect((await ask(port, '/assets/app-1a2b.css')).headers['content-type']).toBe('text/css; charset=utf-8');
    const head = await ask(port, '/', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '' });
  });

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//secret.txt',
    '/link.txt',
    '/.env',
    '/assets',
    '/assets/',
    '/%00',
    '/%zz',
  ])('shows nothing at %s', async (path) => {
    const { port } = await start();
    const { status, text } = await ask(port, path);
    expect({ status, text }).toEqual({ status: 404, text: '' });
  });

  it('leaves the addresses of the ComfyUI API free', async () => {
    const { port, url } = await start();
    const { cookie } = await signIn(port, tokenOf(url));
    const headers = { Origin: originOf(port), Cookie: cookie };
    for (const path of [
      '/ws',
      '/prompt',
      '/queue',
      '/history',
      '/object_info',
      '/view',
      '/upload',
      '/api/queue',
    ])
      expect((await ask(port, path, { headers })).status, path).toBe(404);
    expect(await openSocket(port, '/ws', headers)).toBe(404);
  });

  it('answers to its own names only', async () => {
    const { port, url } = await start();
    const { cookie } = await signIn(port, tokenOf(url));
    for (const Host of [`localhost:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`])
      expect((await ask(port, '/', { headers: { Host } })).status, Host).toBe(200);
    for (const Host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`]) {
      expect((await ask(port, '/', { headers: { Host } })).status, Host).toBe(403);
      expect(await openSocket(port, '/engine', { Host, Origin: originOf(port), Cookie: cookie })).toBe(403);
    }
  });

  it('answers nobody who does not say whom they mean', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.end('GET / HTTP/1.0\r\n\r\n');
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).not.toContain('Kronode</title>');
  });

  it('listens to this machine only', async () => {
    const { port } = await start();
    await expect(ask(port, '/', { at: '127.0.0.2' })).rejects.toThrow('ECONNREFUSED');
  });

  it('trades tokens for a cookie that scripts and other sites cannot use', async () => {
    const { port, url, urlOnce } = await start();
    expect((await ask(port, '/session')).status).toBe(401);
    const first = await signIn(port, tokenOf(urlOnce));
    expect(first.status).toBe(204);
    expect(first.setCookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await ask(port, '/session', { headers: { Cookie: first.cookie } })).status).toBe(204);
    // Others may have seen it on the way to the browser.
    expect((await signIn(port, tokenOf(urlOnce))).status).toBe(401);
    for (let round = 0; round < 2; round++) expect((await signIn(port, tokenOf(url))).status).toBe(204);
    for (const token of ['', 'x', `${tokenOf(url)}x`]) expect((await signIn(port, token)).status).toBe(401);
    expect(new Set([tokenOf(url), tokenOf(urlOnce), first.cookie.split('=')[1]]).size).toBe(3);
  });

  it('takes no orders from other pages', async () => {
    const { port, url } = await start();
    const token = tokenOf(url);
    const { cookie } = await signIn(port, token);
    for (const Origin of [
      'http://evil.example',
      `http://127.0.0.1:${port + 1}`,
      `https://127.0.0.1:${port}`,
      'null',
    ]) {
      const headers = { Origin, 'Content-Length': token.length };
      expect((await ask(port, '/session', { method: 'POST', headers, body: token })).status).toBe(403);
      expect(await openSocket(port, '/engine', { Origin, Cookie: cookie })).toBe(403);
    }
    const nameless = { 'Content-Length': token.length };
    expect((await ask(port, '/session', { method: 'POST', headers: nameless, body: token })).status).toBe(
      403,
    );
    expect(await openSocket(port, '/engine', { Cookie: cookie })).toBe(403);
    for (const method of ['PUT', 'DELETE', 'OPTIONS'])
      expect((await ask(port, '/', { method, headers: { Origin: originOf(port) } })).status).toBe(405);
  });

  it('opens its socket to nobody without the cookie', async () => {
    const { port } = await start();
    const other = await start();
    const { cookie: foreign } = await signIn(other.port, tokenOf(other.url));
    const headers = { Origin: originOf(port) };
    expect(await openSocket(port, '/engine', headers)).toBe(401);
    for (const Cookie of [`kronode-${port}=`, `kronode-${port}=guess`, foreign])
      expect(await openSocket(port, '/engine', { ...headers, Cookie })).toBe(401);
  });

  it('refuses bodies no token has', async () => {
    const { port } = await start();
    const post = (length: number | undefined) =>
      ask(port, '/session', {
        method: 'POST',
        headers: {
          Origin: originOf(port),
          ...(length === undefined ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': length }),
        },
        body: 'x'.repeat(length ?? 10),
      });
    expect((await post(2000)).status).toBe(413);
    expect((await post(undefined)).status).toBe(413);
    expect((await ask(port, '/')).status).toBe(200);
  });

  it('makes a picture for one page and shows it to all', async () => {
    const { port, url } = await start();
    const pages = [await openPage(port, tokenOf(url)), await openPage(port, tokenOf(url))];
    const ended = pages.map(({ client }) => nextEvent(client, 'run/finished'));
    await pages[1]!.client.call('queue/list');
    await pages[0]!.client.call('run/start', { document: pictureDocument('a', { save: 'a' }) });
    for (const { job } of await Promise.all(ended)) expect(job.state).toBe('done');
    const [picture] = await pages[1]!.client.call('pictures/list');
    const bytes = await pages[1]!.client.call('pictures/bytes', { id: picture!.id, size: 'full' });
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect([...bytes.subarray(1, 4)].map((code) => String.fromCharCode(code)).join('')).toBe('PNG');
  });

  it('keeps its pages connected while the engine crashes and comes back', async () => {
    const { port, url } = await start();
    const { client, socket } = await openPage(port, tokenOf(url));
    const failed = nextEvent(client, 'run/finished');
    await client.call('run/start', { document: pictureDocument('crash') });
    expect((await failed).job).toMatchObject({ state: 'failed', node: 'sample' });
    const done = nextEvent(client, 'run/finished');
    await client.call('run/start', { document: pictureDocument('fine') });
    expect((await done).job).toMatchObject({ state: 'done' });
    expect(socket.readyState).toBe(socket.OPEN);
  });

  it('cuts off a page that sends too much, and nobody else', async () => {
    const { port, url } = await start();
    const [greedy, modest] = [await openPage(port, tokenOf(url)), await openPage(port, tokenOf(url))];
    const closed = once(greedy.socket, 'close');
    greedy.socket.send(new Uint8Array(65 * 2 ** 20));
    expect((await closed)[0]).toBe(1009);
    expect(await modest.client.call('queue/list')).toEqual([]);
  });

  it('takes the next free port unless one is asked for', async () => {
    const [one, two] = [await start({}), await start({})];
    expect(one.port).toBeGreaterThanOrEqual(7777);
    expect(two.port).toBeGreaterThan(one.port);
    await expect(start({ port: one.port })).rejects.toThrow(`Port ${one.port} is taken`);
  });

  it('says what is missing when the editor is not built', async () => {
    const folder = await tempFolder();
    await expect(serve({ port: 0, renderer: folder, onDefect: () => undefined })).rejects.toThrow(
      'There is no editor',
    );
  });
});

describe('the serve command', () => {
  async function command(...args: string[]) {
    const home = await tempFolder();
    const { DISPLAY: _x, WAYLAND_DISPLAY: _w, ...env } = process.env;
    const program = spawn(process.execPath, [programs.pathOf('serve'), ...args], {
      env: { ...env, HOME: home, XDG_DATA_HOME: join(home, 'data'), APPDATA: home },
    });
    onTestFinished(() => void program.kill('SIGKILL'));
    const lines: string[] = [];
    const errors: string[] = [];
    createInterface({ input: program.stdout }).on('line', (line) => lines.push(line));
    createInterface({ input: program.stderr }).on('line', (line) => errors.push(line));
    return { program, lines, errors, ended: once(program, 'close') };
  }

  it.runIf(existsSync('/proc/self/stat')).each(['SIGINT', 'SIGTERM'] as const)(
    'prints its link in one line, and ends with its engine on %s',
    async (signal) => {
      const { program, lines, errors, ended } = await command('--port', '0', '--no-open');
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
      const link = /^Kronode is ready: (http:\/\/127\.0\.0\.1:(\d+)\/#token=[\w-]{43})$/.exec(lines[0]!)!;
      const port = Number(link[2]);
      const { client, socket } = await openPage(port, tokenOf(link[1]!));
      // The engine is in the middle of something it does not leave by itself.
      await client.call('run/start', { document: pictureDocument('hang') });
      await nextEvent(client, 'run/progress', ({ done }) => done === 2);
      const children = await childrenOf(program.pid!);
      expect(children.length).toBe(1);
      const cut = once(socket, 'close');
      program.kill(signal);
      expect(await ended).toEqual([0, null]);
      await cut;
      for (const pid of children) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect({ lines: lines.length, errors }).toEqual({ lines: 1, errors: [] });
    },
  );

  it.runIf(existsSync('/proc/self/stat'))('ends with its engine even when it is killed itself', async () => {
    const { program, lines } = await command('--port', '0', '--no-open');
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
    const children = await childrenOf(program.pid!);
    program.kill('SIGKILL');
    expect(children.length).toBe(1);
    await expect
      .poll(async () => (await processes()).filter(({ pid }) => children.includes(pid)), { timeout: 5000 })
      .toEqual([]);
  });

  it.each([
    [['--port', 'many'], 'is not a port'],
    [['--port', '70000'], 'is not a port'],
    [['--prot', '1'], '--prot'],
    [['extra'], 'extra'],
  ])('refuses %j with a sentence', async (args, sentence) => {
    const { lines, errors, ended } = await command(...args);
    expect((await ended)[0]).toBe(2);
    expect(lines).toEqual([]);
    expect(errors.join('\n')).toContain(sentence);
  });

  it('says so when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const { errors, ended } = await command('--port', String(port), '--no-open');
    expect((await ended)[0]).toBe(2);
    expect(errors.join('\n')).toContain(`Port ${port} is taken`);
  });
});

/** The processes there are, without those that are over and not yet collected. */
async function processes(): Promise<{ pid: number; parent: number }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return stats.flatMap((stat) => {
    // pid (name) state parent …
    const [, pid, state, parent] = /^(\d+) \(.*\) (\S) (\d+)/s.exec(stat) ?? [];
    return pid === undefined || state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent) }];
  });
}

const childrenOf = async (parent: number): Promise<number[]> =>
  (await processes()).filter((one) => one.parent === parent).map(({ pid }) => pid);
