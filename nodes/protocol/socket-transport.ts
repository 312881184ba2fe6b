import { decode, encode } from '@msgpack/msgpack';
import { UserError } from '../core/errors.ts';
import { Inbox, type Transport } from './transport.ts';

/** WebSocket as browsers and the `ws` package have it. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

const OPEN = 1;
/** WebSocket close code: a message that does not keep to the protocol (RFC 6455, 7.4.1). */
const PROTOCOL_ERROR = 1002;

/**
 * A line over an open WebSocket: one MessagePack value per binary frame. Whoever sends anything else
 * is cut off.
 */
export function socketTransport(socket: SocketLike): Transport {
  const inbox = new Inbox();
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', ({ data }) => {
    const message = decodeFrame(data);
    if (message) inbox.deliver(message.value);
    else socket.close(PROTOCOL_ERROR);
  });
  socket.addEventListener('close', () => inbox.close());
  // A close event follows every error.
  socket.addEventListener('error', () => undefined);
  return {
    post(message) {
      if (socket.readyState === OPEN) socket.send(encode(message, { ignoreUndefined: true }));
    },
    onMessage: (listener) => inbox.onMessage(listener),
    onClose: (listener) => inbox.onClose(listener),
    close() {
      socket.close();
      inbox.close();
    },
  };
}

/**
 * Waits until a socket is open.
 * @throws UserError when it cannot be opened.
 */
export function openedSocket(socket: SocketLike): Promise<Transport> {
  // Made before it is open, so that no early frame is missed.
  const transport = socketTransport(socket);
  if (socket.readyState === OPEN) return Promise.resolve(transport);
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(transport));
    transport.onClose(() =>
      reject(
        new UserError('Kronode cannot be reached.', {
          hint: 'Start it again, and open the link it prints.',
        }),
      ),
    );
  });
}

function decodeFrame(data: unknown): { readonly value: unknown } | undefined {
  if (!(data instanceof ArrayBuffer)) return undefined;
  try {
    return { value: decode(new Uint8Array(data)) };
  } catch {
    return undefined;
  }
}
