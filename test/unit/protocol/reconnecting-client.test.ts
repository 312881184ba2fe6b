import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectEngineAgain, type EngineHandlers, serveEngine } from '../../../nodes/protocol/engine.ts';
import { ConnectionLost } from '../../../nodes/protocol/errors.ts';
import { memoryTransports } from '../../../nodes/protocol/memory-transport.ts';
import type { ConnectionState } from '../../../nodes/protocol/reconnecting-client.ts';
import type { Transport } from '../../../nodes/protocol/transport.ts';

/** A server that can be switched off and on, and a client of it. */
function restoredClient(delays = [100, 200]) {
  let isUp = true;
  let opened = 0;
  const ends: Transport[] = [];
  const handlers = { 'queue/list': () => [], 'queue/clear': () => undefined };
  const connections: ReturnType<typeof serveEngine>[] = [];
  const open = async () => {
    opened++;
    if (!isUp) throw new Error('nobody there');
    const [client, server] = memoryTransports();
    ends.push(server);
    connections.push(
      serveEngine(server, handlers as unknown as EngineHandlers, { onDefect: () => undefined }),
    );
    return client;
  };
  const client = connectEngineAgain(open, { onFault: () => undefined, delays });
  const states: string[] = [];
  client.onConnection((state: ConnectionState) => states.push(state.kind));
  return {
    client,
    states,
    connections,
    opened: () => opened,
    down: () => {
      isUp = false;
      for (const end of ends.splice(0)) end.close();
    },
    up: () => {
      isUp = true;
    },
  };
}

describe('a client that restores its connection', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('holds calls made while it connects', async () => {
    const { client } = restoredClient();
    expect(client.connection.kind).toBe('connecting');
    expect(await client.call('queue/list')).toEqual([]);
    expect(client.connection.kind).toBe('connected');
  });

  it('comes back after waits that grow, and says how it stands', async () => {
    const { client, states, down, up, opened } = restoredClient();
    await client.call('queue/list');
    down();
    await vi.advanceTimersByTimeAsync(0);
    expect(client.connection).toMatchObject({ kind: 'waiting', retryInMilliseconds: 100 });
    await expect(client.call('queue/list')).rejects.toBeInstanceOf(ConnectionLost);
    await vi.advanceTimersByTimeAsync(100);
    expect(client.connection).toMatchObject({ kind: 'waiting', retryInMilliseconds: 200 });
    await vi.advanceTimersByTimeAsync(199);
    expect(opened()).toBe(2);
    up();
    await vi.advanceTimersByTimeAsync(1);
    expect(await client.call('queue/list')).toEqual([]);
    expect(states).toEqual(['connected', 'waiting', 'connecting', 'waiting', 'connecting', 'connected']);
    // After success the waits start over.
    down();
    await vi.advanceTimersByTimeAsync(0);
    expect(client.connection).toMatchObject({ kind: 'waiting', retryInMilliseconds: 100 });
  });

  it('keeps its listeners', async () => {
    const { client, connections, down, up } = restoredClient();
    const heard: string[] = [];
    const off = client.on('run/notice', ({ message }) => heard.push(message));
    await client.call('queue/list');
    const notice = (message: string) =>
      connections.at(-1)?.emit('run/notice', { job: 'j', node: 'n', message });
    notice('before');
    down();
    up();
    await vi.advanceTimersByTimeAsync(100);
    notice('after');
    await vi.advanceTimersByTimeAsync(0);
    off();
    notice('unheard');
    await vi.advanceTimersByTimeAsync(0);
    expect(heard).toEqual(['before', 'after']);
  });

  it('gives up when it was closed', async () => {
    const { client, opened, down } = restoredClient();
    await client.call('queue/list');
    down();
    await vi.advanceTimersByTimeAsync(0);
    client.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(opened()).toBe(1);
    expect(client.connection.kind).toBe('ended');
    await expect(client.call('queue/list')).rejects.toThrow('closed');
  });

  it('gives up when the other side is of another version', async () => {
    let opened = 0;
    const open = async () => {
      opened++;
      const [client, server] = memoryTransports();
      server.onMessage(() => {
        server.post({ kind: 'refused', message: 'Too old.', hint: 'Reload.' });
        server.close();
      });
      return client;
    };
    const client = connectEngineAgain(open, { onFault: () => undefined });
    await expect(client.call('queue/list')).rejects.toThrow('Too old.');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(opened).toBe(1);
    expect(client.connection).toEqual({ kind: 'ended', reason: 'Too old.' });
  });
});
