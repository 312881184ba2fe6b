import { messageOf } from '../core/errors.ts';
import { connectContract } from './client.ts';
import { ConnectionLost, RemoteError } from './errors.ts';
import { Listeners } from './listeners.ts';
import type { Client, Contract } from './peer.ts';
import type { Transport } from './transport.ts';

/** How a client that restores its connection stands. */
export type ConnectionState =
  | { readonly kind: 'connecting' }
  /** Ask again for everything that is shown: events may have been missed. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'waiting'; readonly reason: string; readonly retryInMilliseconds: number }
  /** The other side is of another version, or the client was closed: there will be no more attempts. */
  | { readonly kind: 'ended'; readonly reason: string };

export interface ReconnectingClient<C extends Contract> extends Client<C> {
  readonly connection: ConnectionState;
  /** Hears every change of {@link connection}; the result stops that. */
  onConnection(listener: (state: ConnectionState) => void): () => void;
}

interface ReconnectOptions {
  readonly onFault: (message: string) => void;
  /** Waits before the second and later attempts; the last one repeats. */
  readonly delays?: readonly number[];
}

const DELAYS = [250, 500, 1000, 2000, 4000];

/**
 * A client that opens its line again whenever it breaks. Listeners stay; calls made while an attempt
 * is under way wait for it, calls made between attempts are rejected at once.
 */
export function connectAgain<C extends Contract>(
  contract: C,
  open: () => Promise<Transport>,
  { onFault, delays = DELAYS }: ReconnectOptions,
): ReconnectingClient<C> {
  const listeners = new Listeners();
  const stateListeners = new Listeners();
  let state: ConnectionState = { kind: 'connecting' };
  let client: Client<C> | undefined;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Calls that wait for the attempt under way. */
  const held: (() => void)[] = [];

  const enter = (next: ConnectionState): void => {
    if (state.kind === 'ended') return;
    state = next;
    if (next.kind !== 'connecting') for (const go of held.splice(0)) go();
    stateListeners.tell('state', next);
  };
  const retry = (reason: string): void => {
    if (state.kind === 'ended') return;
    client = undefined;
    const delay = delays[Math.min(failures++, delays.length - 1)] ?? 0;
    timer = setTimeout(() => void attempt(), delay);
    enter({ kind: 'waiting', reason, retryInMilliseconds: delay });
  };
  const attempt = async (): Promise<void> => {
    enter({ kind: 'connecting' });
    try {
      const transport = await open();
      if (state.kind === 'ended') return transport.close();
      const attempted = connectContract(contract, transport, {
        onFault,
        listeners,
        onReady: () => {
          failures = 0;
          client = attempted;
          enter({ kind: 'connected' });
        },
        onRefused: ({ message }) => enter({ kind: 'ended', reason: message }),
      });
      transport.onClose(() => retry('The connection to Kronode was lost.'));
    } catch (error) {
      retry(messageOf(error));
    }
  };

  const call: Client<C>['call'] = async (name, ...input) => {
    if (state.kind === 'connecting') await new Promise<void>((resolve) => held.push(resolve));
    if (state.kind === 'ended') throw new RemoteError('user', state.reason, 'Reload the page.');
    if (!client) throw new ConnectionLost();
    return client.call(name, ...input);
  };

  void attempt();
  return {
    call,
    on: (name, listener) => listeners.add(name, listener),
    get connection() {
      return state;
    },
    onConnection: (listener) => stateListeners.add('state', listener),
    close() {
      clearTimeout(timer);
      const current = client;
      enter({ kind: 'ended', reason: 'The connection to Kronode was closed.' });
      current?.close();
    },
  };
}
