import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import { connectEngine } from '../../nodes/protocol/engine.ts';
import { openedSocket } from '../../nodes/protocol/socket-transport.ts';

interface Ask {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** Another address of this machine to ask at. */
  readonly at?: string;
}

/** Asks with an address as it is: `fetch` would tidy `..` away. */
export async function ask(port: number, path: string, { method = 'GET', headers, body, at }: Ask = {}) {
  const request = httpRequest({ host: at ?? '127.0.0.1', port, path, method, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, headers: response.headers, text };
}

export const originOf = (port: number): string => `http://127.0.0.1:${port}`;

export const tokenOf = (url: string): string => new URL(url).hash.replace('#token=', '');

/** What a page does first: trades the token of its address for a cookie. */
export async function signIn(port: number, token: string) {
  const { status, headers } = await ask(port, '/session', {
    method: 'POST',
    headers: { Origin: originOf(port), 'Content-Length': Buffer.byteLength(token) },
    body: token,
  });
  const [setCookie = ''] = headers['set-cookie'] ?? [];
  return { status, setCookie, cookie: setCookie.split(';')[0]! };
}

/** Opens a socket with any headers; resolves with the status where it is refused. */
export async function openSocket(
  port: number,
  path: string,
  headers: OutgoingHttpHeaders,
): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: headers as Record<string, string>,
  });
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', reject);
  });
}

/** A page that is signed in and connected. */
export async function openPage(port: number, token: string) {
  const { cookie } = await signIn(port, token);
  const socket = await openSocket(port, '/engine', { Origin: originOf(port), Cookie: cookie });
  if (typeof socket === 'number') throw new Error(`The socket was refused: ${socket}`);
  const client = connectEngine(await openedSocket(socket), (fault) => {
    throw new Error(fault);
  });
  return { client, socket, cookie };
}
