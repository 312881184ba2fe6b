import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { codeOf } from '../../nodes/host/atomic-file.ts';
import type { Guard } from './guard.ts';
import { securityHeaders } from './security-headers.ts';
import type { Sessions } from './sessions.ts';
import type { StaticFiles } from './static-files.ts';

const MAX_BODY_BYTES = 1024;

interface RequestParts {
  readonly port: number;
  readonly guard: Guard;
  readonly sessions: Sessions;
  readonly files: StaticFiles;
  readonly onDefect: (error: unknown) => void;
}

/** Serves the editor's files and `/session`, where a token becomes a cookie. Nothing else exists. */
export function answerRequests({ port, guard, sessions, files, onDefect }: RequestParts): RequestListener {
  // Some browsers do not count a WebSocket as 'self'.
  const headers = securityHeaders(`ws://127.0.0.1:${port}`, `ws://localhost:${port}`);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (!guard.isOurHost(request)) return end(response, 403);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead && !guard.isOurOrigin(request)) return end(response, 403);
    const address = addressOf(request);
    if (address === '/session') return answerSession(sessions, request, response);
    if (!isRead) return end(response, 405);
    if (address === undefined || !(await files.send(address, request, response))) end(response, 404);
  };
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Whoever asked may leave before all is sent.
      if (codeOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') onDefect(error);
      response.destroy();
    });
  };
}

/** GET: may this browser use the engine? POST of a token: from now on it may. */
async function answerSession(
  sessions: Sessions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  if (request.method === 'GET') return end(response, sessions.isKnown(request) ? 204 : 401);
  if (request.method !== 'POST') return end(response, 405);
  const token = await readBody(request);
  if (token === undefined) return end(response, 413);
  const cookie = sessions.redeem(token);
  if (cookie === undefined) return end(response, 401);
  response.setHeader('Set-Cookie', cookie);
  end(response, 204);
}

/** Undefined where it is longer than any token, or does not say how long it is. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const length = request.headers['content-length'];
  if (length === undefined || Number(length) > MAX_BODY_BYTES) return undefined;
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body.trim();
}

/** The path that is asked for, decoded; undefined where it is no path. */
export function addressOf({ url = '' }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '');
  } catch {
    return undefined;
  }
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status;
  // What was not read of a body must not be taken for the next request.
  if (status >= 400) response.setHeader('Connection', 'close');
  response.end();
}
