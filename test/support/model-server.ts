import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the next answers to requests for a file do, one after the other; then all is well. */
export type Mischief =
  | { readonly kind: 'cut' | 'stall'; readonly after: number }
  | { readonly kind: 'corrupt'; readonly at: number }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'status'; readonly status: number }
  /** Sends everything, whatever part was asked for. */
  | { readonly kind: 'no-ranges' }
  | { readonly kind: 'wrong-range' }
  | { readonly kind: 'too-much' };

interface Served {
  readonly path: string;
  readonly range: string | undefined;
  readonly status: number;
}

/** A mirror with files of one revision, as Hugging Face serves them. */
export class ModelServer {
  readonly #files: ReadonlyMap<string, Buffer>;
  readonly #server = createServer((incoming, response) => this.#answer(incoming, response));
  readonly mischief: Mischief[] = [];
  readonly served: Served[] = [];
  /** Milliseconds between pieces, for downloads that take a while. */
  pace = 0;
  /** The listing as it is sent, for mirrors that send something else. */
  listing: (repository: string) => unknown = (repository) => this.#list(repository);

  /** @param files by repository and path: `owner/name/folder/file` */
  constructor(files: ReadonlyMap<string, Buffer>) {
    this.#files = files;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Requests for files, without listings. */
  get fetched(): readonly Served[] {
    return this.served.filter(({ path }) => !path.startsWith('/api/'));
  }

  #list(repository: string): unknown {
    return [...this.#files]
      .filter(([path]) => path.startsWith(`${repository}/`))
      .map(([path, content]) => ({
        type: 'file',
        path: path.slice(repository.length + 1),
        size: content.length,
        oid: createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex'),
        ...(path.endsWith('.safetensors') && {
          lfs: { oid: createHash('sha256').update(content).digest('hex'), size: content.length },
        }),
      }));
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): undefined {
    const path = decodeURIComponent(incoming.url ?? '');
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/tree\/main/.exec(path)?.[1];
    const [, repository, file] = /^\/([^/]+\/[^/]+)\/resolve\/main\/(.+)$/.exec(path) ?? [];
    const content = this.#files.get(`${repository}/${file}`);
    const trick = api === undefined ? this.mischief.shift() : undefined;
    const { range } = incoming.headers;
    const send = (status: number, headers: Record<string, string>, body?: Buffer | string): undefined => {
      this.served.push({ path, range, status });
      response.writeHead(status, headers);
      if (body === undefined) response.end();
      else if (typeof body === 'string') response.end(body);
      else void this.#pour(response, body, trick);
    };
    if (api !== undefined)
      return send(200, { 'content-type': 'application/json' }, JSON.stringify(this.listing(api)));
    if (trick?.kind === 'status') return send(trick.status, {}, 'no');
    if (trick?.kind === 'redirect') return send(302, { location: trick.to });
    if (!content) return send(404, {}, 'no');
    const etag = `"${createHash('md5').update(content).digest('hex')}"`;
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (from === 0 || trick?.kind === 'no-ranges')
      return send(
        200,
        { etag, 'content-length': String(content.length + (trick?.kind === 'too-much' ? 9 : 0)) },
        content,
      );
    if (from >= content.length) return send(416, {});
    const start = trick?.kind === 'wrong-range' ? from - 1 : from;
    const rest = content.subarray(start);
    return send(
      206,
      {
        etag,
        'content-length': String(rest.length),
        'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      },
      rest,
    );
  }

  async #pour(response: ServerResponse, content: Buffer, trick: Mischief | undefined): Promise<void> {
    let body = content;
    if (trick?.kind === 'corrupt' && trick.at < body.length) {
      body = Buffer.from(body);
      body[trick.at] = body[trick.at]! ^ 0xff;
    }
    if (trick?.kind === 'too-much') body = Buffer.concat([body, Buffer.alloc(9)]);
    const end =
      trick?.kind === 'cut' || trick?.kind === 'stall' ? Math.min(trick.after, body.length) : body.length;
    const step = this.pace > 0 ? 16 * 1024 : 1024 * 1024;
    for (let at = 0; at < end && !response.destroyed; at += step) {
      response.write(body.subarray(at, Math.min(end, at + step)));
      if (this.pace > 0) await new Promise((resolve) => setTimeout(resolve, this.pace));
    }
    if (trick?.kind === 'cut') {
      // What was written has to leave before the line is cut.
      setTimeout(() => response.destroy(), 20);
      return;
    }
    if (trick?.kind !== 'stall') response.end();
  }
}
