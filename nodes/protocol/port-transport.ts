import { Inbox, type Transport } from './transport.ts';

interface PortBase {
  postMessage(message: unknown): void;
  start?(): void;
  close(): void;
}

/** MessagePort as pages, workers and Node have it. */
interface TargetPort extends PortBase {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
}

/** MessagePortMain of Electron's main process. */
interface EmitterPort extends PortBase {
  on(type: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  on(type: 'close', listener: () => void): unknown;
}

export type MessagePortLike = TargetPort | EmitterPort;

/** A line over one end of a message channel. */
export function portTransport(port: MessagePortLike): Transport {
  const inbox = new Inbox();
  const onMessage = ({ data }: { readonly data: unknown }) => inbox.deliver(data);
  const onClose = () => inbox.close();
  if ('addEventListener' in port) {
    port.addEventListener('message', onMessage);
    port.addEventListener('close', onClose);
  } else {
    port.on('message', onMessage);
    port.on('close', onClose);
  }
  port.start?.();
  return {
    post(message) {
      if (!inbox.closed) port.postMessage(message);
    },
    onMessage: (listener) => inbox.onMessage(listener),
    onClose: (listener) => inbox.onClose(listener),
    close() {
      port.close();
      inbox.close();
    },
  };
}
