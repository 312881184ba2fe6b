import { Inbox, type Transport } from './transport.ts';

/**
 * Two ends of a line inside one program. Messages are cloned and arrive later, as between two
 * programs, so that nothing works here that would not work there.
 */
export function memoryTransports(): readonly [Transport, Transport] {
  const [first, second] = [new Inbox(), new Inbox()];
  const end = (own: Inbox, other: Inbox): Transport => ({
    post(message) {
      if (own.closed) return;
      const copy = structuredClone(message);
      void later(() => other.deliver(copy));
    },
    onMessage: (listener) => own.onMessage(listener),
    onClose: (listener) => own.onClose(listener),
    close() {
      own.close();
      void later(() => other.close());
    },
  });
  return [end(first, second), end(second, first)];
}

async function later(act: () => void): Promise<void> {
  await undefined;
  act();
}
