import { connectEngineAgain, type ReconnectingEngineClient } from '../../nodes/protocol/engine.ts';
import { type SocketLike, socketTransport } from '../../nodes/protocol/socket-transport.ts';
import type { Transport } from '../../nodes/protocol/transport.ts';

/** The engine as the editor sees it, whichever wire leads there. */
export type EngineClient = ReconnectingEngineClient;

/** A connection to the engine that restores itself. */
export const connectEngine = (open: () => Promise<Transport>): EngineClient =>
  connectEngineAgain(open, { onFault: (message) => console.warn(message) });

/** A line to the engine behind the server this page came from. */
export async function openSocket(): Promise<Transport> {
  const address = new URL('/engine', location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  address.hash = '';
  const socket = new WebSocket(address);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('close', () => reject(new Error('The engine does not answer.')), { once: true });
  });
  return socketTransport(socket as unknown as SocketLike);
}
