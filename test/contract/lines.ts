import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { WebSocket, WebSocketServer } from 'ws';
import { memoryTransports } from '../../nodes/protocol/memory-transport.ts';
import { portTransport } from '../../nodes/protocol/port-transport.ts';
import { openedSocket, socketTransport } from '../../nodes/protocol/socket-transport.ts';
import type { Transport } from '../../nodes/protocol/transport.ts';

/** Both ends of a fresh line, and what is left to clean up. */
interface Line {
  readonly client: Transport;
  readonly server: Transport;
  end(): Promise<void>;
}

async function socketLine(): Promise<Line> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const accepted = once(sockets, 'connection');
  const client = await openedSocket(new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`));
  const [socket] = (await accepted) as [WebSocket];
  return {
    client,
    server: socketTransport(socket),
    end: async () => {
      for (const open of sockets.clients) open.terminate();
      sockets.close();
      http.close();
    },
  };
}

/** Every transport there is, made the way programs make it. */
export const lines: Readonly<Record<string, () => Promise<Line>>> = {
  memory: async () => {
    const [client, server] = memoryTransports();
    return { client, server, end: async () => undefined };
  },
  MessagePort: async () => {
    const { port1, port2 } = new MessageChannel();
    return {
      client: portTransport(port1),
      server: portTransport(port2),
      end: async () => port1.close(),
    };
  },
  WebSocket: socketLine,
};
