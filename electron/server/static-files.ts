import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../nodes/core/errors.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Built files whose names change with their content. */
const HASHED = /^\/assets\//;

/**
 * The files of a folder by the address they are served at. Only what was found when the server
 * started is ever served, so that no address can lead out of the folder.
 */
export class StaticFiles {
  readonly #paths: ReadonlyMap<string, string>;

  private constructor(paths: ReadonlyMap<string, string>) {
    this.#paths = paths;
  }

  /** @throws UserError when there is no page to serve. */
  static async of(root: string): Promise<StaticFiles> {
    const paths = new Map<string, string>();
    for (const path of await filesBelow(root))
      paths.set(`/${relative(root, path).split(sep).join('/')}`, path);
    const page = paths.get('/index.html');
    if (page === undefined)
      throw new UserError(`There is no editor in ${root}.`, { hint: 'Build it with npm run build.' });
    paths.set('/', page);
    return new StaticFiles(paths);
  }

  /** Where the file at `address` lies, and its headers; undefined where there is none. */
  find(address: string): { readonly path: string; readonly headers: Record<string, string> } | undefined {
    const path = this.#paths.get(address);
    if (path === undefined) return undefined;
    return {
      path,
      headers: {
        'Content-Type': TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream',
        'Cache-Control': HASHED.test(address) ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
    };
  }

  /** Sends the file at `address`; false where there is none. */
  async send(address: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const found = this.find(address);
    if (!found) return false;
    const { size } = await stat(found.path);
    response.writeHead(200, { ...found.headers, 'Content-Length': size });
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(found.path), response);
    return true;
  }
}

/** Regular files only: a link could lead anywhere. One folder at a time, as Electron's archives can be read. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const visible = entries.filter(({ name }) => !name.startsWith('.'));
  const below = visible
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => filesBelow(join(folder, name)));
  return [
    ...visible.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name)),
    ...(await Promise.all(below)).flat(),
  ];
}
