import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { parentTransport } from '../../../electron/engine-process/parent-transport.ts';

describe('the line to the parent of a utilityProcess', () => {
  const owner = process as { parentPort?: unknown };
  afterEach(() => {
    delete owner.parentPort;
  });

  it('carries messages both ways', () => {
    const posted: unknown[] = [];
    const port = Object.assign(new EventEmitter(), {
      postMessage: (message: unknown) => posted.push(message),
    });
    owner.parentPort = port;
    const transport = parentTransport();
    const heard: unknown[] = [];
    port.emit('message', { data: 'early', ports: [] });
    transport.onMessage((message) => heard.push(message));
    port.emit('message', { data: { a: 1 }, ports: [] });
    transport.post({ b: 2 });
    expect(heard).toEqual(['early', { a: 1 }]);
    expect(posted).toEqual([{ b: 2 }]);
  });
});
