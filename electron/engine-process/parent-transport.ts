import { portTransport } from '../../nodes/protocol/port-transport.ts';
import { Inbox, type Transport } from '../../nodes/protocol/transport.ts';

/** `process.parentPort` of a process that Electron's utilityProcess started. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(type: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
}

/**
 * The line to the process that started this one: Electron's utilityProcess, or Node's
 * child_process.fork with `serialization: 'advanced'`.
 */
export function parentTransport(): Transport {
  const { parentPort } = process as { readonly parentPort?: ParentPort };
  if (parentPort)
    return portTransport({
      postMessage: (message) => parentPort.postMessage(message),
      on: (type: string, listener: (event: { readonly data: unknown }) => void) =>
        // The port lasts as long as the process.
        type === 'message' && parentPort.on('message', listener),
      close: () => process.exit(),
    });
  const inbox = new Inbox();
  process.on('message', (message) => inbox.deliver(message));
  process.on('disconnect', () => inbox.close());
  return {
    post(message) {
      if (process.connected) process.send?.(message);
    },
    onMessage: (listener) => inbox.onMessage(listener),
    onClose: (listener) => inbox.onClose(listener),
    close: () => process.disconnect(),
  };
}
