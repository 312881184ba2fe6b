import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { socketTransport } from '../../nodes/protocol/socket-transport.ts';
import type { Transport } from '../../nodes/protocol/transport.ts';
import type { Guard } from './guard.ts';
import { addressOf } from './requests.ts';
import type { Sessions } from './sessions.ts';

/** Where the editor's socket is; `/ws` and the like are left to others. */
const ADDRESS = '/engine';
const MAX_MESSAGE_BYTES = 64 * 2 ** 20;

/** Lets our own pages, and nobody else, talk to the engine. */
export function acceptSockets(
  server: Server,
  { guard, sessions }: { readonly guard: Guard; readonly sessions: Sessions },
  connect: (transport: Transport) => void,
): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const refusalOf = (request: IncomingMessage): number | undefined => {
    if (!guard.isOurHost(request) || !guard.isOurOrigin(request)) return 403;
    if (addressOf(request) !== ADDRESS) return 404;
    return sessions.isKnown(request) ? undefined : 401;
  };
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const status = refusalOf(request);
    if (status === undefined)
      sockets.handleUpgrade(request, stream, head, (socket) => connect(socketTransport(socket)));
    else
      stream.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
  });
  return sockets;
}
