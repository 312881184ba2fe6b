import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openedSocket, socketTransport } from '../../nodes/protocol/socket-transport.ts';

describe('a WebSocket line', () => {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  const heard: unknown[] = [];
  const url = () => `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  beforeAll(async () => {
    sockets.on('connection', (socket) => socketTransport(socket).onMessage((message) => heard.push(message)));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  });
  afterAll(() => {
    sockets.close();
    http.close();
  });

  it.each([
    ['text', '{"kind":"hello"}'],
    ['bytes that are no MessagePack', Uint8Array.of(0xc1)],
    ['a value that is cut off', encode({ kind: 'hello', text: 'x'.repeat(99) }).subarray(0, 40)],
    ['two values in one frame', Uint8Array.of(...encode(1), ...encode(2))],
    ['a key that would replace a prototype', encode(JSON.parse('{"__proto__":{"a":1}}'))],
    ['nesting without end', new Uint8Array(100_000).fill(0x91)],
    ['nothing', new Uint8Array()],
  ])('is cut by %s', async (_what, frame) => {
    const socket = new WebSocket(url());
    await once(socket, 'open');
    socket.send(frame);
    const [code] = await once(socket, 'close');
    expect(code).toBe(1002);
    expect(heard).toEqual([]);
  });

  it('cannot be opened where nobody listens', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await expect(openedSocket(new WebSocket(`ws://127.0.0.1:${port}`))).rejects.toThrow('cannot be reached');
  });
});
